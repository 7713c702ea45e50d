"""Models that a user names by their Hugging Face id: the only ones that are fetched from a hub."""

from pathlib import Path

from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    HFValidationError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
)

from clt_core.errors import InputError, is_disk_full
from clt_core.events import Events

FILES = ["*.json", "*.safetensors", "*.model", "*.txt"]


def fetch_hub(name: str, events: Events) -> Path:
    """The local directory of the model with Hugging Face id `name`, from the hub or from the local cache of it.

    Raises:
        InputError: if the hub cannot be reached or does not give the model, or it has no safetensors weights.
    """
    events.progress(0.0, f"fetching {name} from the Hugging Face hub")
    try:
        directory = Path(snapshot_download(name, allow_patterns=FILES, ignore_patterns=["*/*"]))
    except GatedRepoError as error:
        raise InputError(f"{name} is gated: ask for access on its page and set HF_TOKEN") from error
    except (RepositoryNotFoundError, HFValidationError) as error:
        raise InputError(f"the Hugging Face hub has no model {name}: check the id, and HF_TOKEN if it is private") from error
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        if is_disk_full(error):
            raise
        raise InputError(
            f"{name} could not be fetched from the Hugging Face hub: check the network, "
            "or name a local directory, a .gguf file, or smollm2"
        ) from error
    if not any(directory.glob("*.safetensors")):
        raise InputError(f"{name} has no safetensors weights: name a model that has, or save it as safetensors to a directory")
    return directory

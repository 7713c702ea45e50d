"""Settings of all tests: no network, two threads at most, and shapes checked as they are written."""

import atexit
import os

from jaxtyping import install_import_hook

import tests.shapes  # noqa: F401  # the hook finds the checker by name, loaded already

OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "WANDB_MODE": "disabled",
}
QUIET = {"TOKENIZERS_PARALLELISM": "false", "TQDM_DISABLE": "1", "OMP_NUM_THREADS": "2"}

os.environ.update(OFFLINE | QUIET)
install_import_hook("clt_core", "tests.shapes.checked")


@atexit.register
def be_silent_at_the_end() -> None:
    """Drop what is said after pytest's closing line.

    Workers are made to outlive whoever starts them, so Python complains that nobody waited for them; torch keeps modules
    alive past the end, which duckdb's binding reports as leaks.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)

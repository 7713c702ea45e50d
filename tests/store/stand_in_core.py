"""Takes the place of `python -m clt_core`: the same runner and engine, with kinds that need no model."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from clt_core.engine import Kinds, serve
from clt_core.errors import InputError
from clt_core.events import Events
from clt_core.runner import run_job


def act(params: dict[str, Any], events: Events) -> dict[str, Any]:
    """Do what the parameter `action` says."""
    match params.get("action"):
        case "sleep":
            events.progress(0.5, "asleep")
            time.sleep(params.get("seconds", 60))
        case "stubborn":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            child = subprocess.Popen([sys.executable, "-c", IGNORES_SIGTERM], stdout=subprocess.PIPE)
            assert child.stdout is not None
            child.stdout.readline()
            events.progress(0.5, str(child.pid))
            time.sleep(60)
        case "die":
            events.progress(0.5, "about to die")
            sys.stdout.write("last words\n")
            sys.stdout.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        case "mendable":
            raise InputError("the prompt is empty: write one")
        case "defect":
            raise KeyError("feature")
        case "full":
            raise OSError(errno.ENOSPC, "No space left on device")
        case "babble":
            sys.stdout.write("no JSON\n")
            subprocess.run(["echo", "no JSON either"], check=True)
    return {"pid": os.getpid(), "params": params}


IGNORES_SIGTERM = "import signal, time; signal.signal(15, 1); print(flush=True); time.sleep(60)"


def heavy(params: dict[str, Any], workspace: Path, events: Events) -> dict[str, Any]:
    return {"dictionary": "none", **act(params, events)}


def open_kinds(workspace: Path) -> Kinds:
    return {"attribute": act, "preview": act}


if __name__ == "__main__":
    command, directory = sys.argv[1:]
    if command == "run-job":
        sys.exit(run_job(Path(directory), kinds={"fetch": heavy, "train": heavy, "evaluate": heavy}))
    sys.exit(serve(Path(directory), open_kinds))

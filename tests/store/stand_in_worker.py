"""The real worker, whose jobs are run by `stand_in_core.py`.  With SUBMIT as a third argument: submits a job and stays."""

import logging
import sys
import time
from pathlib import Path

from store.jobs import submit
from store.lanes import ensure_workers
from store.worker import Setup, serve
from store.workspace import Workspace

HERE = Path(__file__).resolve().parent
WORKER = (sys.executable, "-P", str(HERE / "stand_in_worker.py"))
CORE = (sys.executable, "-P", str(HERE / "stand_in_core.py"))

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    workspace = Workspace.open(sys.argv[1])
    if sys.argv[3:] == ["SUBMIT"]:
        submit(workspace, "train", {"action": "sleep", "seconds": 2}, title="Outlive the dashboard")
        ensure_workers(workspace, worker=WORKER)
        time.sleep(60)
    else:
        serve(workspace, sys.argv[2], Setup(core=CORE, worker=WORKER, idle_seconds=5))

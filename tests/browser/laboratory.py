"""A workspace with a tiny random model, a text, and a dictionary that the real job trained; served by a dashboard."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from clt_core.config import AttributeConfig, TrainConfig
from store import jobs
from store.jobs import Job
from store.workspace import Workspace
from tests.browser.dashboard import ROOT, Dashboard
from tests.tiny_models import CORPUS, make_tiny_llama

PROMPT = "The capital of Italy is"
TINY: dict[str, Any] = {
    "n_features": 64,
    "n_tokens": 2000,
    "batch_tokens": 128,
    "context": 32,
    "initial_l0": 16.0,
    "sparsity": 0.0,
}


class Laboratory:
    """A served workspace; `model` and `text` lie beside it."""

    def __init__(self, root: Path):
        self.model = make_tiny_llama(root / "tiny-rope")
        self.text = root / "text.jsonl"
        documents = (f"{CORPUS[n % len(CORPUS)]} This is number {n}." for n in range(400))
        self.text.write_text("".join(json.dumps({"text": document}) + "\n" for document in documents), encoding="utf-8")
        self.dashboard = Dashboard(root / "workspace")
        self.workspace = Workspace.open(self.dashboard.workspace)
        self.workers: list[subprocess.Popen[bytes]] = []

    def submit_training(self, name: str, **settings: Any) -> str:
        """Id of a new job that trains a tiny dictionary; its worker is not started."""
        config = {"name": name, "model": str(self.model), "text": str(self.text), "device": "cpu"} | TINY | settings
        TrainConfig.from_dict(config)
        return jobs.submit(self.workspace, "train", config, title=f"Train {name}")

    def start_worker(self, lane: str) -> None:
        """Start the worker of a lane; it leaves at once if the lane has one."""
        command = [sys.executable, "-m", "store.worker", str(self.workspace.path), lane]
        self.workers.append(subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL))

    def train(self, name: str) -> None:
        """Train a tiny dictionary to its end."""
        job = self.submit_training(name)
        self.start_worker("work")
        self.wait(job, "done", seconds=120)

    def attribute(self, prompt: str, dictionary: str) -> None:
        """Compute a graph to its end."""
        params = {"prompt": prompt, "dictionary": dictionary, "device": "cpu"}
        AttributeConfig.from_dict(params)
        job = jobs.submit(self.workspace, "attribute", params, title=f"Graph of {prompt}")
        self.start_worker("engine")
        self.wait(job, "done", seconds=120)

    def wait(self, job_id: str, state: str, *, seconds: float = 30) -> Job:
        """The job once it is in `state`.  Ending in another one fails."""
        deadline = time.monotonic() + seconds
        while (job := jobs.require(self.workspace, job_id)).state != state:
            log = jobs.log_tail(self.workspace, job_id)
            assert job.state in ("queued", "running"), f"{job.state}: {job.error}\n{log}"
            assert time.monotonic() < deadline, f"still {job.state} after {seconds} seconds\n{log}"
            time.sleep(0.1)
        return job

    def close(self) -> None:
        """End everything that works on the workspace."""
        self.dashboard.stop()
        for worker in self.workers:
            worker.wait(timeout=10)
        self.workspace.close()

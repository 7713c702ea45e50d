"""The lane of interactive work: one resident process, the engine, keeps the models and answers one job after the other."""

import json
import logging
import os
import select
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from clt_core.events import file_sink
from store.endings import finish, is_cancelled, with_log
from store.job_queue import set_progress
from store.job_rows import Job, job_directory
from store.lanes import environment
from store.processes import POLL, ending, identify, signal_group, stop_group
from store.work_lane import CORE
from store.workspace import Workspace

logger = logging.getLogger(__name__)

GRACE_SECONDS = 1.0
"""Time that the engine has to end when its job is cancelled."""

CRASH_SECONDS = 2.0
"""Time between the end of the engine's pipes and that of its process, at most."""

IDLE_VARIABLE = "CLT_LAB_ENGINE_IDLE_SECONDS"
IDLE_SECONDS = 600.0


class EngineEndedError(Exception):
    """The engine is gone.  The message says how it ended, as the rest of a sentence."""


class Engine:
    """A running engine: a child that takes requests and gives answers as lines of JSON on its pipes."""

    def __init__(self, workspace: Workspace, core: Sequence[str]):
        self.log = workspace.path / "engine.log"
        with self.log.open("wb") as log:
            self._child = subprocess.Popen(
                [*core, "engine", str(workspace.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                bufsize=0,
                process_group=0,
                env=environment(),
            )
        self._process = identify(self._child.pid)
        self._received = b""

    def is_running(self) -> bool:
        """Whether it can be sent requests."""
        return self._child.poll() is None

    def send(self, request: dict[str, Any]) -> None:
        """Hand over a request.

        Raises:
            EngineEndedError: if the engine is gone.
        """
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(json.dumps(request).encode() + b"\n")
        except BrokenPipeError as error:
            raise EngineEndedError(self.stop(CRASH_SECONDS)) from error

    def answers(self, timeout: float) -> list[dict[str, Any]]:
        """What it has said, after waiting `timeout` seconds at most for something.

        Raises:
            EngineEndedError: if the engine is gone.
        """
        assert self._child.stdout is not None
        if not select.select([self._child.stdout], [], [], timeout)[0]:
            return []
        received = os.read(self._child.stdout.fileno(), 1 << 20)
        if not received:
            raise EngineEndedError(self.stop(CRASH_SECONDS))
        *lines, self._received = (self._received + received).split(b"\n")
        return [json.loads(line) for line in lines]

    def stop(self, patience: float = 0) -> str:
        """End the engine and all of its group; how it ended, as the rest of a sentence.

        Args:
            patience: seconds in which an engine that is ending by itself is left alone.
        """
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        try:
            self._child.wait(patience)
        except subprocess.TimeoutExpired:
            stop_group(self._process, GRACE_SECONDS)
        signal_group(self._process, signal.SIGKILL)
        self._child.stdin.close()
        self._child.stdout.close()
        return ending(self._child)


class EngineLane:
    """Hands one job at a time to the engine, which is started for the first and stopped when nobody has asked for long."""

    def __init__(self, workspace: Workspace, *, core: Sequence[str] = CORE):
        self._workspace = workspace
        self._core = core
        self._idle_seconds = float(os.environ.get(IDLE_VARIABLE, IDLE_SECONDS))
        self._engine: Engine | None = None
        self._last = time.monotonic()

    def run(self, job: Job) -> None:
        """Have the engine do a claimed job, to its end."""
        if self._engine is None or not self._engine.is_running():
            self.close()
            set_progress(self._workspace, job, 0, "start the engine")
            self._engine = Engine(self._workspace, self._core)
        copy = LogCopy(self._engine.log, job_directory(self._workspace, job) / "log.txt")
        try:
            self._follow(job, self._engine, copy)
        except EngineEndedError as error:
            self._engine = None
            copy.read()
            finish(self._workspace, job, "failed", error=with_log(f"the engine {error}", self._workspace, job))
        self._last = time.monotonic()

    def adopt(self, job: Job) -> None:
        """Nothing: the engine ends with the worker that started it, and its jobs with them."""

    def rest(self) -> bool:
        """Whether the worker may leave: the engine, too long without a job, has been stopped."""
        if self._engine is not None and (not self._engine.is_running() or time.monotonic() - self._last > self._idle_seconds):
            self.close()
        return self._engine is None

    def close(self) -> None:
        """Stop the engine if there is one."""
        if self._engine is not None:
            logger.info("the engine %s", self._engine.stop())
        self._engine = None

    def _follow(self, job: Job, engine: Engine, copy: "LogCopy") -> None:
        """Ask, and relay the answers until the last; stop the engine when the job is cancelled."""
        write_event = file_sink(job_directory(self._workspace, job) / "events.jsonl")
        engine.send({"id": job.id, "kind": job.kind, "params": job.params})
        while True:
            answers = engine.answers(POLL)
            copy.read()
            for answer in answers:
                if answer["event"] == "done":
                    return finish(self._workspace, job, "done", result=answer["result"])
                if answer["event"] == "failed":
                    return finish(self._workspace, job, "failed", error=answer["error"])
                write_event({name: value for name, value in answer.items() if name != "id"})
            progress = [answer for answer in answers if answer["event"] == "progress"]
            if progress:
                set_progress(self._workspace, job, progress[-1]["fraction"], progress[-1]["stage"])
            if is_cancelled(self._workspace, job):
                self.close()
                return finish(self._workspace, job, "cancelled", error="cancelled on request")


class LogCopy:
    """Copies what the engine logs during a job to the job's own log."""

    def __init__(self, source: Path, target: Path):
        self._source, self._target = source, target
        self._offset = source.stat().st_size

    def read(self) -> None:
        """Copy what is new."""
        if self._source.stat().st_size == self._offset:
            return
        with self._source.open("rb") as source, self._target.open("ab") as target:
            source.seek(self._offset)
            self._offset += target.write(source.read())

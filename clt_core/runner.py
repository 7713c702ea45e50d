"""Heavy jobs: one directory, one process.

`request.json` says what to do, `events.jsonl` how far it is, `result.json`, written last and whole, what came of it:
{"result": {...}} or {"error": "one sentence", "mendable": true or false}.  A cancelled job leaves no result.
"""

import logging
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from clt_core.config import AttributeConfig, TrainConfig
from clt_core.errors import InputError, is_disk_full
from clt_core.events import Events, file_sink
from clt_core.files import read_json, write_json

logger = logging.getLogger(__name__)

Job = Callable[[dict[str, Any], Path, Events], dict[str, Any]]
"""Does the work that parameters describe in a workspace, tells how far it is, and returns the result."""

DONE, DEFECT, MENDABLE, CANCELLED = 0, 1, 2, 143
"""Exit codes: 143 is what a shell shows for a process ended by SIGTERM."""


class Cancelled(BaseException):
    """This process was asked to end.  Not an Exception, so that no library takes it for a failure and goes on."""


def fetch(params: dict[str, Any], workspace: Path, events: Events) -> dict[str, Any]:
    """A model, brought to this machine."""
    from clt_core.models import fetch

    return {"model": params["model"], "directory": str(fetch(params["model"], workspace / "models", events))}


def train(params: dict[str, Any], workspace: Path, events: Events) -> dict[str, Any]:
    """A dictionary, trained."""
    config = TrainConfig.from_dict(params)
    from clt_core.training import train

    meta = train(config, workspace, events)
    return {"dictionary": meta.name, "metrics": meta.metrics}


def evaluate(params: dict[str, Any], workspace: Path, events: Events) -> dict[str, Any]:
    """The metrics of a dictionary on held-out text."""
    from clt_core.evaluation import evaluate

    return {"dictionary": params["dictionary"], "metrics": evaluate(params["dictionary"], workspace, events)}


def attribute(params: dict[str, Any], workspace: Path, events: Events) -> dict[str, Any]:
    """A graph, computed by this process alone; in the dashboard the engine does it, which keeps the models."""
    config = AttributeConfig.from_dict(params)
    from clt_core.attribution import attribute

    return {"graph": attribute(config, workspace, events).id}


KINDS: Mapping[str, Job] = {"fetch": fetch, "train": train, "evaluate": evaluate, "attribute": attribute}
"""The kinds of job.  Each imports what it needs when it runs: torch takes seconds."""


def run_job(directory: Path, kinds: Mapping[str, Job] = KINDS) -> int:
    """Do the job of a directory; the exit code: 0 done, 2 for input a person can mend, 1 for a defect, 143 if cancelled."""
    try:
        with interruptible():
            outcome, code = _outcome(directory, kinds)
            write_json(directory / "result.json", outcome)
    except Cancelled:
        logger.info("cancelled")
        return CANCELLED
    return code


@contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM and SIGINT raise Cancelled in the block, once, so that half-written work is removed.

    Only the main thread may use it.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001  # the signature is given
        for other in before:
            signal.signal(other, signal.SIG_IGN)
        raise Cancelled

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        for number in before:
            signal.signal(number, interrupt)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def failure(error: Exception) -> dict[str, Any]:
    """What a result says of an error; the log gets the traceback of one that nobody can mend."""
    if isinstance(error, InputError):
        return {"error": str(error), "mendable": True}
    if is_disk_full(error):
        return {"error": "the disk is full: free some space and retry", "mendable": True}
    logger.error("a job failed", exc_info=error)
    return {"error": f"{type(error).__name__}: {error}", "mendable": False}


def _outcome(directory: Path, kinds: Mapping[str, Job]) -> tuple[dict[str, Any], int]:
    """What goes into the result of the job of `directory`, and the exit code."""
    try:
        request = read_json(directory / "request.json")
        if request["kind"] not in kinds:
            raise InputError(f"unknown kind of job {request['kind']!r}: there are {', '.join(kinds)}")
        events = Events(file_sink(directory / "events.jsonl"))
        return {"result": kinds[request["kind"]](request["params"], Path(request["workspace"]), events)}, DONE
    except Exception as error:  # the boundary of the process: whatever went wrong becomes the job's result
        outcome = failure(error)
        return outcome, MENDABLE if outcome["mendable"] else DEFECT

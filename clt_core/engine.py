"""The engine: a resident process that keeps models loaded and answers requests, one after the other.

Requests are lines of JSON on stdin: {"id", "kind", "params"}.  Answers are lines of JSON on stdout, each with the id of
its request: events (progress), then one of {"event": "done", "result": {...}} and
{"event": "failed", "error": "one sentence", "mendable": true or false}.  It ends when stdin does, or on SIGTERM.
"""

import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

from clt_core.config import AttributeConfig
from clt_core.errors import InputError
from clt_core.events import Event, Events
from clt_core.runner import CANCELLED, DONE, Cancelled, failure, interruptible

Kinds = Mapping[str, Callable[[dict[str, Any], Events], dict[str, Any]]]
"""What each kind of request does with its parameters."""

SOFT_END_SECONDS = 0.2
"""Time after the end of stdin in which the process leaves by itself if it is not at a request."""

HARD_END_SECONDS = 5.0
"""Time after that in which it leaves the request that it is at."""


def open_kinds(workspace: Path) -> Kinds:
    """The kinds of request, which share one session: the model and the dictionaries used last stay loaded."""
    from clt_core.attribution import Session

    session = Session(workspace)

    def attribute(params: dict[str, Any], events: Events) -> dict[str, Any]:
        return {"graph": session.attribute(AttributeConfig.from_dict(params), events).id}

    def preview(params: dict[str, Any], events: Events) -> dict[str, Any]:
        return session.preview(params["model"], params["prompt"], events=events)

    return {"attribute": attribute, "preview": preview}


def serve(workspace: Path, open_kinds: Callable[[Path], Kinds] = open_kinds) -> int:
    """Answer requests until stdin ends; the exit code: 0, or 143 if the process was told to end."""
    ended = threading.Event()
    requests, channel = _take_over_pipes(ended)
    kinds: Kinds | None = None
    try:
        with interruptible():
            while (line := requests.get()) is not None:
                kinds = _answer(json.loads(line), kinds, lambda: open_kinds(workspace), channel)
    except Cancelled:
        return CANCELLED
    finally:
        ended.set()
    return DONE


def _answer(request: dict[str, Any], kinds: Kinds | None, load: Callable[[], Kinds], channel: TextIO) -> Kinds | None:
    """Answer one request; the kinds to use for the next one, None if they must be opened anew."""

    def say(event: Event) -> None:
        channel.write(json.dumps({"id": request["id"], **event}, allow_nan=False) + "\n")

    try:
        if kinds is None:
            Events(say).progress(0, "load the libraries")
            kinds = load()
        if request["kind"] not in kinds:
            raise InputError(f"unknown kind of request {request['kind']!r}: there are {', '.join(kinds)}")
        say({"event": "done", "result": kinds[request["kind"]](request["params"], Events(say))})
        return kinds
    except Exception as error:  # the boundary of the request: whatever went wrong becomes its answer
        outcome = failure(error)
        say({"event": "failed", **outcome})
        # After a defect nobody knows what state the models are in, and they may hold the memory that was missing.
        return kinds if outcome["mendable"] else None


def _take_over_pipes(ended: threading.Event) -> tuple["queue.SimpleQueue[str | None]", TextIO]:
    """The requests as they come, None at their end, and where answers go.

    From now on whatever else reads stdin finds nothing, and whatever else writes to stdout writes to stderr.  After the
    end of stdin nobody is left to take an answer: a request that is still being worked on is then interrupted.

    Args:
        ended: set when no more requests are answered.
    """
    source, channel = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    sys.stdout.flush()
    os.dup2(2, 1)
    requests: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        for line in source:
            requests.put(line)
        requests.put(None)
        if not ended.wait(SOFT_END_SECONDS):
            os.kill(os.getpid(), signal.SIGTERM)
        if not ended.wait(HARD_END_SECONDS):
            os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=read, daemon=True).start()
    return requests, channel

"""What long work tells about itself: progress and metrics, as dictionaries handed to a sink."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Event = dict[str, Any]


class Events:
    """Sends events of one piece of work to `sink`: a file, a pipe or nobody."""

    def __init__(self, sink: Callable[[Event], None] = lambda event: None):
        self._sink = sink

    def progress(self, fraction: float, stage: str) -> None:
        """Say that `fraction` (0 to 1) of the work is done and what is being done now, in a few words."""
        self._sink({"time": time.time(), "event": "progress", "fraction": round(fraction, 4), "stage": stage})

    def metrics(self, step: int, **values: float | list[float]) -> None:
        """Record figures of training step `step`, for curves."""
        self._sink({"time": time.time(), "event": "metrics", "step": step, **values})

    def part(self, start: float, end: float) -> "Events":
        """Events of a part of this work, whose fractions 0 to 1 map to `start` to `end` of the whole."""

        def scaled(event: Event) -> None:
            if event["event"] == "progress":
                event = event | {"fraction": round(start + (end - start) * event["fraction"], 4)}
            self._sink(event)

        return Events(scaled)


def file_sink(path: Path) -> Callable[[Event], None]:
    """A sink that appends each event to `path` as one line of JSON."""

    def append(event: Event) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(event) + "\n")

    return append

"""What pages cost on the wire: the first visit with an empty cache, then a reload, in a real Chromium.

The first visit to Home and a reload of it have bars; the other pages are shown for comparison.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from tests.browser.chromium import browser
from tests.browser.dashboard import Dashboard
from tests.browser.wire import FIRST_BAR, RELOAD_BAR, Visit, visits

PATHS = ("/", "/graphs/new", "/dictionaries", "/jobs")


def parser() -> argparse.ArgumentParser:
    """The command line of this benchmark."""
    arguments = argparse.ArgumentParser(prog="python -m bench page", description=__doc__)
    arguments.add_argument("--workspace", type=Path, help="a workspace to show (a new, empty one)")
    arguments.add_argument("--path", action="append", help="further pages to visit, such as /graph/ID")
    return arguments


def measure(workspace: Path, paths: list[str]) -> dict[str, tuple[Visit, Visit]]:
    """The first visit and the reload of each page, each with a browser profile of its own."""
    dashboard = Dashboard(workspace)
    try:
        with browser() as chromium:
            return {path: visits(chromium, dashboard, path) for path in paths}
    finally:
        dashboard.stop()


def table(results: dict[str, tuple[Visit, Visit]]) -> str:
    """One line a page."""
    lines = [f"{'page':24}{'requests':>10}{'first KB':>10}{'s':>7}{'reload KB':>11}{'s':>7}"]
    for path, (first, again) in results.items():
        start = f"{path:24}{first.n_requests:10}{first.n_bytes / 1e3:10.0f}{first.seconds:7.2f}"
        lines.append(f"{start}{again.n_bytes / 1e3:11.1f}{again.seconds:7.2f}")
    return "\n".join(lines)


def main(argv: list[str]) -> int:
    """Measure, print a table and one JSON object; 1 if Home or its reload is over its bar."""
    arguments = parser().parse_args(argv)
    paths = [*PATHS, *(arguments.path or [])]
    with tempfile.TemporaryDirectory() as empty:
        results = measure(arguments.workspace or Path(empty) / "workspace", paths)
    first, again = results["/"]
    passed = first.n_bytes <= FIRST_BAR and again.n_bytes <= RELOAD_BAR
    summary = {
        "bench": "page",
        "first_bytes": first.n_bytes,
        "first_bar": FIRST_BAR,
        "reload_bytes": again.n_bytes,
        "reload_bar": RELOAD_BAR,
        "passed": passed,
    }
    sys.stdout.write(f"{table(results)}\n{json.dumps(summary)}\n")
    return 0 if passed else 1

"""The Chromium that the browser tests drive.  `python -m tests.browser.chromium` prints its path, or exits with 1."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",  # Chromium refuses to run as root with its sandbox
    "--disable-dev-shm-usage",  # containers have a small /dev/shm
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
]


def executable() -> str | None:
    """Path of a Chromium: the one that CLT_LAB_CHROMIUM names, the system's, or playwright's own; None if there is none."""
    named = os.environ.get("CLT_LAB_CHROMIUM")
    found = [named] if named else [path for name in NAMES if (path := shutil.which(name))]
    if not found:
        with sync_playwright() as playwright:
            found = [playwright.chromium.executable_path]
    return found[0] if os.path.exists(found[0]) else None


@contextmanager
def browser() -> Iterator[Browser]:
    """A Chromium without a window, for which no address but loopback exists."""
    path = executable()
    if path is None:
        raise RuntimeError("there is no Chromium: run `make browser`, or name one with CLT_LAB_CHROMIUM")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        yield chromium
        chromium.close()


if __name__ == "__main__":
    path = executable()
    sys.stdout.write(f"{path}\n" if path else "")
    sys.exit(path is None)

"""The command line of the core: `python -m clt_core COMMAND`."""

import json
import logging
import os
import sys
import warnings

from clt_core.commands import build_parser
from clt_core.errors import InputError, is_disk_full
from clt_core.runner import Cancelled, interruptible

QUIET = {
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TQDM_DISABLE": "1",
    "TRANSFORMERS_VERBOSITY": "error",
}
"""Environment of the libraries below, unless the user has set it: our own progress lines are enough."""


def main(argv: list[str] | None = None) -> int:
    """Run one command; the result is the exit code."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    logging.basicConfig(level=logging.ERROR, format="%(name)s: %(message)s", stream=sys.stderr)
    logging.getLogger("clt_core").setLevel(logging.INFO)
    args = build_parser().parse_args(argv)
    try:
        with interruptible():
            result = args.run(args)
    except InputError as error:
        return _fail(str(error))
    except Exception as error:
        if not is_disk_full(error):
            raise
        path = getattr(error, "filename", None) or "the workspace"
        return _fail(f"the disk of {path} is full: free some space there and try again")
    except (KeyboardInterrupt, Cancelled):
        sys.stderr.write("interrupted\n")
        return 130
    if isinstance(result, int):
        return result
    sys.stdout.write(json.dumps(result) + "\n")
    return 0


def _fail(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())

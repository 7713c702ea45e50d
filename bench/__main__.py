"""`python -m bench NAME`: one benchmark; `python -m bench`: their names."""

import importlib
import sys

NAMES = {"page": "what the first page and a reload cost on the wire, in a real Chromium"}


def main(argv: list[str]) -> int:
    """Run the benchmark that `argv` names; 0 if it meets its bars, 1 if it misses one, 2 if there is none of that name."""
    if not argv or argv[0] not in NAMES:
        lines = [f"  {name:10} {what}" for name, what in NAMES.items()]
        sys.stdout.write("\n".join(["usage: python -m bench NAME [OPTIONS]", "", *lines]) + "\n")
        return 2 if argv and argv[0] not in ("-h", "--help") else 0
    return importlib.import_module(f"bench.{argv[0]}").main(argv[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The commands of `python -m clt_core`: each takes parsed arguments and returns what is printed as JSON.

Torch is imported when a command runs, so that --help answers at once.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from clt_core.config import AttributeConfig, TrainConfig, demo_preset
from clt_core.errors import InputError
from clt_core.events import Event, Events
from clt_core.files import read_json
from clt_core.options import add_options, given_options
from clt_core.workspace import open_workspace

Result = dict[str, Any]


def build_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line; `run` of its result is the command."""
    parser = argparse.ArgumentParser(
        prog="python -m clt_core",
        description="Trace circuits in language models with transcoders.",
        epilog="The last line on standard output is one JSON object; progress goes to standard error.  "
        "Exit codes: 0 done, 2 input that can be mended, 130 interrupted (143 for run-job and engine), 1 a defect.",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_fetch(commands)
    _add_train(commands)
    _add_evaluate(commands)
    _add_attribute(commands)
    _add_demo(commands)
    _add_processes(commands)
    return parser


def _add_command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], Result | int], about: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=about, description=f"{about[0].upper()}{about[1:]}.")
    parser.set_defaults(run=run)
    return parser


def _add_workspace(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--workspace",
        type=Path,
        default=Path("workspace"),
        metavar="DIR",
        help="Directory that holds models, dictionaries and graphs; made if missing (default: ./workspace)",
    )


def _add_fetch(commands: Any) -> None:
    parser = _add_command(commands, "fetch", fetch, "bring a model onto this machine")
    parser.add_argument(
        "model",
        nargs="?",
        default="smollm2",
        metavar="MODEL",
        help="A Hugging Face id, a local directory, a .gguf file, or smollm2 (default: smollm2)",
    )
    _add_workspace(parser)


def _add_train(commands: Any) -> None:
    parser = _add_command(commands, "train", train, "train a dictionary")
    parser.add_argument("--preset", choices=["demo"], help="Start from the settings of the demo; other options override them")
    add_options(parser, TrainConfig, optional=("name",))
    _add_workspace(parser)


def _add_evaluate(commands: Any) -> None:
    parser = _add_command(commands, "evaluate", evaluate, "measure a dictionary on held-out text")
    parser.add_argument("dictionary", help="Name of a dictionary of the workspace")
    parser.add_argument("--n-tokens", type=int, metavar="N", help="Held-out tokens (default: as after training)")
    _add_workspace(parser)


def _add_attribute(commands: Any) -> None:
    parser = _add_command(commands, "attribute", attribute, "compute the attribution graph of a prompt")
    add_options(parser, AttributeConfig)
    _add_workspace(parser)


def _add_demo(commands: Any) -> None:
    about = "walk the whole path: model, per-layer and cross-layer dictionary, a graph with each"
    parser = _add_command(commands, "demo", demo, about)
    parser.add_argument(
        "--tokens", type=int, metavar="N", help="Tokens to train each dictionary on (default: as the demo preset)"
    )
    _add_workspace(parser)


def _add_processes(commands: Any) -> None:
    parser = _add_command(commands, "run-job", run_job, "run the job whose directory holds request.json")
    parser.add_argument("directory", type=Path, metavar="DIR", help="jobs/<id> of a workspace")
    parser = _add_command(commands, "engine", engine, "answer requests, JSON lines on standard input, until it is closed")
    parser.add_argument("workspace", type=Path, metavar="WORKSPACE", help="Directory of the workspace")


def fetch(args: argparse.Namespace) -> Result:
    """Fetch a model."""
    from clt_core import models

    directory = models.fetch(args.model, open_workspace(args.workspace) / "models", _events())
    return {"model": args.model, "directory": str(directory)}


def train(args: argparse.Namespace) -> Result:
    """Train a dictionary and show its quality by layer."""
    config = train_config(args)
    from clt_core import training

    meta = training.train(config, open_workspace(args.workspace), _events())
    _say(metrics_table(meta.metrics))
    return {"dictionary": meta.name, "metrics": meta.metrics}


def train_config(args: argparse.Namespace) -> TrainConfig:
    """The settings of a preset, if one is named, under those that are given."""
    given = given_options(args, TrainConfig)
    if args.preset == "demo":
        given = asdict(demo_preset(given.get("architecture", "plt"))) | given
    if "name" not in given:
        raise InputError("the dictionary needs a name: give --name, or --preset demo")
    return TrainConfig.from_dict(given)


def evaluate(args: argparse.Namespace) -> Result:
    """Measure a dictionary on held-out text and show its quality by layer."""
    from clt_core import evaluation

    metrics = evaluation.evaluate(args.dictionary, open_workspace(args.workspace), _events(), n_tokens=args.n_tokens)
    _say(metrics_table(metrics))
    return {"dictionary": args.dictionary, "metrics": metrics}


def attribute(args: argparse.Namespace) -> Result:
    """Compute and save an attribution graph."""
    config = AttributeConfig.from_dict(given_options(args, AttributeConfig))
    from clt_core import attribution

    workspace = open_workspace(args.workspace)
    meta = attribution.attribute(config, workspace, _events())
    return {
        "graph": meta.id,
        "directory": str(workspace / "graphs" / meta.id),
        "logits": meta.logits,
        "replacement_score": meta.replacement_score,
        "completeness_score": meta.completeness_score,
        "n_active": meta.n_active,
        "seconds": meta.seconds,
    }


def demo(args: argparse.Namespace) -> Result:
    """Walk the whole path without a browser."""
    if args.tokens is not None and args.tokens < 1:
        raise InputError(f"--tokens must be at least 1, got {args.tokens}")
    from clt_core.demo import run_demo

    return run_demo(open_workspace(args.workspace), _events(), n_tokens=args.tokens, say=_say)


def run_job(args: argparse.Namespace) -> Result | int:
    """Run one job; its exit code is that of the process."""
    if not (args.directory / "request.json").is_file():
        raise InputError(f"there is no job in {args.directory}: name a directory that holds request.json")
    from clt_core import runner

    code = runner.run_job(args.directory)
    result = args.directory / "result.json"
    if result.is_file():
        _say(json.dumps(read_json(result)))
    return code


def engine(args: argparse.Namespace) -> int:
    """Serve requests; what is printed are the answers."""
    from clt_core import engine as resident

    return resident.serve(open_workspace(args.workspace))


def metrics_table(metrics: dict[str, Any]) -> str:
    """Held-out explained variance and L0 by layer, and their means, as lines of text."""
    variance, l0 = metrics["explained_variance"], metrics["l0"]
    rows = [f"{'layer':>5}  {'explained variance':>18}  {'L0':>7}"]
    rows += [f"{layer:>5}  {ev:>18.3f}  {n:>7.1f}" for layer, (ev, n) in enumerate(zip(variance, l0, strict=True))]
    rows.append(f"{'mean':>5}  {sum(variance) / len(variance):>18.3f}  {sum(l0) / len(l0):>7.1f}")
    return "\n".join(rows)


def _events() -> Events:
    """Events that show progress on standard error, one line a stage and percent."""
    shown = ""

    def show(event: Event) -> None:
        nonlocal shown
        if event["event"] == "progress":
            line = f"[{event['fraction']:4.0%}] {event['stage']}"
            if line != shown:
                shown = line
                sys.stderr.write(line + "\n")

    return Events(show)


def _say(text: str) -> None:
    """Show text to a person, before the last line."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()

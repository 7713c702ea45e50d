"""The command line: help, exit codes, and one JSON object as the last line."""

import argparse
import errno
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError

from clt_core import __main__ as command_line
from clt_core import commands
from clt_core.config import AttributeConfig, TrainConfig
from clt_core.events import Events
from clt_core.files import replacing
from clt_core.models import load
from clt_core.options import add_options, field_docs, given_options
from clt_core.workspace import open_workspace
from tests.tiny_dictionaries import make_tiny_dictionary

COMMANDS = ["fetch", "train", "evaluate", "attribute", "demo", "run-job", "engine"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "clt_core", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)


@pytest.fixture
def workspace(tmp_path: Path, tiny_llama_dir: Path) -> Path:
    """A workspace with a dictionary of the tiny Llama."""
    path = open_workspace(tmp_path / "workspace")
    loaded = load(str(tiny_llama_dir), path / "models", device=torch.device("cpu"), events=Events())
    make_tiny_dictionary(path, loaded, "clt", window=2)
    return path


def test_attribute_prints_the_graph_as_its_last_line_and_progress_elsewhere(workspace: Path):
    done = run("attribute", "--prompt", "The capital", "--dictionary", "tiny-clt", "--workspace", str(workspace))
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert (workspace / "graphs" / result["graph"] / "graph.json").is_file()
    assert result["logits"][0]["probability"] > 0
    assert "[100%] save" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert "Warning" not in done.stderr


def test_input_that_can_be_mended_is_one_sentence_and_exit_code_2(workspace: Path, capsys: pytest.CaptureFixture[str]):
    arguments = ["attribute", "--prompt", "The capital", "--dictionary", "other", "--workspace", str(workspace)]
    assert command_line.main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == f"there is no dictionary 'other' in the workspace {workspace}: it has tiny-clt\n"


def test_help_loads_no_torch():
    code = "import sys; from clt_core.commands import build_parser; build_parser(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit, match="0"):
        command_line.main([command, "--help"])
    assert "usage: python -m clt_core " + command in capsys.readouterr().out


@pytest.mark.parametrize(("command", "settings"), [("train", TrainConfig), ("attribute", AttributeConfig)])
def test_help_says_what_every_setting_means_and_its_default(command: str, settings: type, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "1000")
    with pytest.raises(SystemExit):
        command_line.main([command, "--help"])
    text, docs = capsys.readouterr().out, field_docs(settings)
    for field in fields(settings):
        assert docs[field.name] in text
        assert f"--{field.name.replace('_', '-')}" in text
    assert "(default: 10)" in text or "(default: 1024)" in text


def test_options_reach_the_settings_with_their_types():
    parser = argparse.ArgumentParser()
    add_options(parser, TrainConfig)
    arguments = ["--name", "a", "--window", "none", "--n-tokens", "7", "--learning-rate", "0.5", "--architecture", "clt"]
    given = given_options(parser.parse_args(arguments), TrainConfig)
    assert given == {"name": "a", "window": None, "n_tokens": 7, "learning_rate": 0.5, "architecture": "clt"}


def test_a_preset_is_overridden_by_what_is_given():
    arguments = ["train", "--preset", "demo", "--architecture", "clt", "--n-tokens", "99"]
    config = commands.train_config(commands.build_parser().parse_args(arguments))
    assert (config.name, config.window, config.n_tokens, config.model) == ("smollm2-clt-demo", 4, 99, "smollm2")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train"], "give --name, or --preset demo"),
        (["train", "--name", "A b"], "name must be lower-case letters"),
        (["train", "--preset", "demo", "--window", "2"], "window is an option of clt"),
        (["attribute", "--prompt", " ", "--dictionary", "a"], "the prompt is empty"),
        (["attribute", "--prompt", "a", "--dictionary", "a", "--batch-size", "0"], "batch_size must be a whole number"),
        (["demo", "--tokens", "0"], "--tokens must be at least 1"),
        (["evaluate", "../other"], "there is no dictionary"),
        (["evaluate", "other", "--n-tokens", "0"], "n_tokens must be at least 1, got 0"),
        (["run-job", "nowhere"], "there is no job in nowhere"),
    ],
)
def test_bad_input_exits_with_2_and_makes_nothing(arguments: list[str], message: str, tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert command_line.main(arguments) == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert shown.err.count("\n") == 1
    assert not list(tmp_path.glob("*/*/*"))


def test_a_directory_that_is_no_workspace_is_refused_and_left_as_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "thesis.tex").touch()
    assert command_line.main(["fetch", "--workspace", str(tmp_path)]) == 2
    assert "is not a workspace and not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_is_no_workspace(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "file").touch()
    assert command_line.main(["fetch", "--workspace", str(tmp_path / "file")]) == 2
    assert "is a file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ('{"version": 2, "projects": {}}', "cannot be read: name a workspace, or a new or empty directory"),
        ('{"schema": 2, "kind": "clt-lab workspace"}', "schema 2, this version reads up to 1: update CLT Lab"),
    ],
)
def test_a_workspace_of_another_program_or_a_later_version_is_refused(marker: str, message: str, tmp_path: Path, capsys):
    (tmp_path / "workspace.json").write_text(marker)
    assert command_line.main(["evaluate", "other", "--workspace", str(tmp_path)]) == 2
    assert message in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["workspace.json"]


def test_a_workspace_that_cannot_be_made_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "file").touch()
    assert command_line.main(["evaluate", "other", "--workspace", str(tmp_path / "file" / "workspace")]) == 2
    assert "cannot be used: " in capsys.readouterr().err


def raising(error: BaseException):
    """A parser whose one command raises `error`."""

    def fail(args: argparse.Namespace) -> int:
        raise error

    parser = argparse.ArgumentParser()
    parser.set_defaults(run=fail)
    return lambda: parser


def test_a_full_disk_can_be_mended(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    full = OSError(errno.ENOSPC, "No space left on device", "/work/x")
    monkeypatch.setattr(command_line, "build_parser", raising(full))
    assert command_line.main([]) == 2
    assert capsys.readouterr().err == "the disk of /work/x is full: free some space there and try again\n"


def test_a_disk_that_is_full_when_weights_are_written_can_be_mended(monkeypatch: pytest.MonkeyPatch, capsys):
    full = SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")
    monkeypatch.setattr(command_line, "build_parser", raising(full))
    assert command_line.main([]) == 2
    assert capsys.readouterr().err == "the disk of the workspace is full: free some space there and try again\n"


def test_sigterm_removes_what_is_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def work(args: argparse.Namespace) -> int:
        with replacing(tmp_path / "dictionary") as temporary:
            temporary.mkdir()
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(10)
        return 0

    parser = argparse.ArgumentParser()
    parser.set_defaults(run=work)
    monkeypatch.setattr(command_line, "build_parser", lambda: parser)
    assert command_line.main([]) == 130
    assert not list(tmp_path.iterdir())


def test_an_interruption_exits_with_130(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(command_line, "build_parser", raising(KeyboardInterrupt()))
    assert command_line.main([]) == 130


def test_a_defect_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(command_line, "build_parser", raising(ZeroDivisionError("ours")))
    with pytest.raises(ZeroDivisionError, match="ours"):
        command_line.main([])


def test_the_table_shows_each_layer_and_the_mean():
    table = commands.metrics_table({"explained_variance": [0.5, 0.7], "l0": [10.0, 20.0]}).splitlines()
    assert table[2].split() == ["1", "0.700", "20.0"]
    assert table[3].split() == ["mean", "0.600", "15.0"]


def test_a_job_run_by_hand_prints_what_came_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    request = {"kind": "juggle", "params": {}, "workspace": str(tmp_path)}
    (tmp_path / "request.json").write_text(json.dumps(request))
    assert command_line.main(["run-job", str(tmp_path)]) == 2
    assert "unknown kind of job" in json.loads(capsys.readouterr().out.splitlines()[-1])["error"]

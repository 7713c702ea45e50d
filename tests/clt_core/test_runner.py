"""The runner: what a job leaves in its directory."""

import errno
import os
import signal
import time
from pathlib import Path

import pytest
from safetensors import SafetensorError

from clt_core.errors import InputError
from clt_core.files import read_json, replacing, write_json
from clt_core.runner import KINDS, run_job


def job(directory: Path, kind: str = "train", **params) -> Path:
    directory.mkdir(exist_ok=True)
    write_json(directory / "request.json", {"kind": kind, "params": params, "workspace": str(directory.parent)})
    return directory


def raising(error: BaseException):
    def work(params, workspace, events):
        raise error

    return {"train": work}


def test_a_job_leaves_its_result_and_its_events(tmp_path: Path):
    def work(params, workspace, events):
        events.progress(0.5, "half")
        return {"sum": params["a"] + params["b"], "workspace": str(workspace)}

    directory = job(tmp_path / "job", a=1, b=2)
    assert run_job(directory, {"train": work}) == 0
    assert read_json(directory / "result.json") == {"result": {"sum": 3, "workspace": str(tmp_path)}}
    assert read_json(directory / "events.jsonl")["stage"] == "half"


@pytest.mark.parametrize(
    ("error", "code", "outcome"),
    [
        (InputError("too long"), 2, {"error": "too long", "mendable": True}),
        (OSError(errno.ENOSPC, "x"), 2, {"error": "the disk is full: free some space and retry", "mendable": True}),
        (
            SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)"),
            2,
            {"error": "the disk is full: free some space and retry", "mendable": True},
        ),
        (OSError(errno.ENOENT, "No such file"), 1, {"error": "FileNotFoundError: [Errno 2] No such file", "mendable": False}),
        (ZeroDivisionError("zero"), 1, {"error": "ZeroDivisionError: zero", "mendable": False}),
    ],
)
def test_an_error_becomes_the_result_and_the_exit_code(tmp_path: Path, error: Exception, code: int, outcome: dict):
    directory = job(tmp_path / "job")
    assert run_job(directory, raising(error)) == code
    assert read_json(directory / "result.json") == outcome


def test_an_unknown_kind_names_those_there_are(tmp_path: Path):
    directory = job(tmp_path / "job", kind="mine")
    assert run_job(directory) == 2
    assert read_json(directory / "result.json")["error"] == f"unknown kind of job 'mine': there are {', '.join(KINDS)}"


def test_settings_that_break_a_rule_are_refused_before_anything_heavy_is_loaded(tmp_path: Path):
    for kind, params in (("train", {"name": "A b"}), ("attribute", {"prompt": " ", "dictionary": "tiny"})):
        assert run_job(job(tmp_path / "job", kind=kind, **params)) == 2


def test_a_cancelled_job_cleans_up_and_leaves_no_result(tmp_path: Path):
    def work(params, workspace, events):
        with replacing(tmp_path / "out") as temporary:
            temporary.write_text("half")
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(10)
            except Exception:  # as libraries do
                time.sleep(10)
        return {}

    directory = job(tmp_path / "job")
    assert run_job(directory, {"train": work}) == 143
    assert sorted(path.name for path in tmp_path.iterdir()) == ["job"]
    assert [path.name for path in directory.iterdir()] == ["request.json"]


def test_the_handlers_of_signals_are_as_before(tmp_path: Path):
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    run_job(job(tmp_path / "job"), raising(InputError("no")))
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before

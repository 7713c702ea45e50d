"""The engine's protocol, spoken with a real process whose kinds need no model."""

import json
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENGINE = textwrap.dedent("""
    import os, sys, time
    from pathlib import Path
    from clt_core.engine import serve
    from clt_core.errors import InputError

    def open_kinds(workspace):
        counted = []

        def count(params, events):
            counted.append(1)
            print("a library says hello")
            os.write(1, b"and so does its C code")
            assert sys.stdin.read() == ""
            events.progress(0.5, "counting")
            return {"n": len(counted), "workspace": str(workspace)}

        def mendable(params, events):
            raise InputError("too long")

        def defect(params, events):
            raise ZeroDivisionError("zero")

        def sleep(params, events):
            events.progress(0.5, "asleep")
            time.sleep(60)

        return {"count": count, "mendable": mendable, "defect": defect, "sleep": sleep}

    sys.exit(serve(Path("there"), open_kinds))
""")


@pytest.fixture
def engine() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", ENGINE]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True, bufsize=1) as process:
        yield process
        process.kill()


def ask(engine: subprocess.Popen[str], kind: str) -> list[dict]:
    """The answers to a request, its last one being the end."""
    assert engine.stdin is not None
    assert engine.stdout is not None
    engine.stdin.write(json.dumps({"id": kind, "kind": kind, "params": {}}) + "\n")
    answers = [json.loads(engine.stdout.readline())]
    while answers[-1]["event"] not in ("done", "failed") and answers[-1].get("stage") != "asleep":
        answers.append(json.loads(engine.stdout.readline()))
    assert {answer["id"] for answer in answers} == {kind}
    return answers


def test_answers_are_events_and_then_the_result_whatever_libraries_print(engine: subprocess.Popen[str]):
    answers = ask(engine, "count")
    assert [answer.get("stage") for answer in answers] == ["load the libraries", "counting", None]
    assert answers[-1] == {"id": "count", "event": "done", "result": {"n": 1, "workspace": "there"}}


def test_what_is_loaded_stays_after_an_input_error_and_is_loaded_anew_after_a_defect(engine: subprocess.Popen[str]):
    ask(engine, "count")
    assert ask(engine, "mendable")[-1] == {"id": "mendable", "event": "failed", "error": "too long", "mendable": True}
    assert ask(engine, "count")[-1]["result"]["n"] == 2
    answer = ask(engine, "defect")[-1]
    assert (answer["error"], answer["mendable"]) == ("ZeroDivisionError: zero", False)
    assert ask(engine, "count")[-1]["result"]["n"] == 1


def test_an_unknown_kind_is_refused(engine: subprocess.Popen[str]):
    assert ask(engine, "mine")[-1]["error"].startswith("unknown kind of request 'mine': there are count")


def test_the_end_of_stdin_is_the_end_of_an_idle_engine(engine: subprocess.Popen[str]):
    ask(engine, "count")
    assert engine.stdin is not None
    engine.stdin.close()
    assert engine.wait(10) == 0


def test_the_end_of_stdin_interrupts_a_request(engine: subprocess.Popen[str]):
    ask(engine, "sleep")
    assert engine.stdin is not None
    engine.stdin.close()
    assert engine.wait(10) == 143


def test_sigterm_interrupts_a_request(engine: subprocess.Popen[str]):
    ask(engine, "sleep")
    engine.terminate()
    assert engine.wait(10) == 143

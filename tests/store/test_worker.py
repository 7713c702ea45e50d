"""Workers and real processes: what survives, what ends, and what the rows then say."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from clt_core.files import read_json
from store import jobs
from store.job_rows import job_directory, require
from store.lanes import ensure_workers, environment, is_held, lane_lock
from store.processes import Process, identify, is_alive
from store.workspace import Workspace
from tests.store.conftest import asleep, ended, processes_of, until
from tests.store.stand_in_worker import WORKER
from tests.tiny_models import make_tiny_llama


def train(workspace: Workspace, action: str, **options) -> str:
    return jobs.submit(workspace, "train", {"action": action}, title=f"Train and {action}", **options)


def attribute(workspace: Workspace, action: str, **options) -> str:
    return jobs.submit(workspace, "attribute", {"action": action}, title=f"Attribute and {action}", **options)


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def kill_worker(workspace: Workspace, lane: str) -> None:
    worker = processes_of(workspace, f"stand_in_worker.py {workspace.path} {lane}")[0]
    worker.kill()
    until(lambda: not is_held(lane_lock(workspace, lane)))


def pid_of(workspace: Workspace, job_id: str) -> int:
    process = require(workspace, job_id).process
    assert process is not None
    return process.pid


def test_a_job_runs_to_its_result(workspace: Workspace, start):
    job_id = train(workspace, "nothing")
    start()
    job = ended(workspace, job_id, "done")
    assert job.result is not None
    assert job.result["params"] == {"action": "nothing"}
    assert (job.fraction, job.error, job.process) == (1, None, None)
    assert job.created <= (job.started or 0) <= (job.finished or 0)


def test_progress_is_in_the_row_while_the_job_runs(workspace: Workspace, start):
    job_id = train(workspace, "sleep")
    start()
    job = asleep(workspace, job_id)
    assert (job.state, job.stage) == ("running", "asleep")
    assert jobs.events(workspace, job_id)[0]["stage"] == "asleep"


def test_a_job_survives_the_death_of_the_dashboard_that_submitted_it(workspace: Workspace):
    dashboard = subprocess.Popen([*WORKER, str(workspace.path), "work", "SUBMIT"], env=environment())
    until(lambda: jobs.list_jobs(workspace))
    job_id = jobs.list_jobs(workspace)[0].id
    asleep(workspace, job_id)
    dashboard.kill()
    dashboard.wait()
    ended(workspace, job_id, "done")


def test_cancelling_ends_the_whole_process_group_with_what_ignores_it(workspace: Workspace, start):
    job_id = train(workspace, "stubborn")
    start()
    job = asleep(workspace, job_id)
    child, grandchild = pid_of(workspace, job_id), int(job.stage)
    jobs.cancel(workspace, job_id)
    assert require(workspace, job_id).cancelling
    assert ended(workspace, job_id, "cancelled").error == "cancelled on request"
    until(lambda: is_gone(child) and is_gone(grandchild), 2)


def test_a_job_that_listens_is_cancelled_at_once_and_leaves_no_result(workspace: Workspace, start):
    job_id = train(workspace, "sleep")
    start()
    asleep(workspace, job_id)
    asked = time.monotonic()
    jobs.cancel(workspace, job_id)
    job = ended(workspace, job_id, "cancelled")
    assert time.monotonic() - asked < 4
    assert not (job_directory(workspace, job) / "result.json").exists()


def test_a_killed_job_is_lost_within_two_seconds_with_its_last_words(workspace: Workspace, start):
    job_id = train(workspace, "die")
    waiting = attribute(workspace, "nothing", after=job_id)
    start()
    job = ended(workspace, job_id, "lost")
    assert (job.finished or 0) - jobs.events(workspace, job_id)[0]["time"] < 2
    until(lambda: "was killed by SIGKILL" in (require(workspace, job_id).error or ""))
    assert "last words" in (require(workspace, job_id).error or "")
    assert require(workspace, waiting).state == "cancelled"


@pytest.mark.parametrize(
    ("action", "error"),
    [
        ("mendable", "the prompt is empty: write one"),
        ("defect", "KeyError: 'feature'"),
        ("full", "the disk is full: free some space and retry"),
    ],
)
@pytest.mark.parametrize("submit", [train, attribute])
def test_an_error_is_the_end_of_the_job_in_one_sentence(workspace: Workspace, start, submit, action: str, error: str):
    job_id = submit(workspace, action)
    start()
    assert ended(workspace, job_id, "failed").error == error


def test_a_killed_worker_leaves_a_job_that_the_next_one_follows_to_its_end(workspace: Workspace, start):
    job_id = jobs.submit(workspace, "train", {"action": "sleep", "seconds": 1.5}, title="Sleep")
    start()
    asleep(workspace, job_id)
    kill_worker(workspace, "work")
    jobs.reap(workspace)
    assert require(workspace, job_id).state == "running"
    start()
    result = ended(workspace, job_id, "done").result
    assert result is not None
    assert require(workspace, job_id).attempt == 1


def test_an_adopted_job_can_be_cancelled(workspace: Workspace, start):
    job_id = train(workspace, "sleep")
    start()
    asleep(workspace, job_id)
    child = pid_of(workspace, job_id)
    kill_worker(workspace, "work")
    jobs.cancel(workspace, job_id)
    start()
    ended(workspace, job_id, "cancelled")
    assert is_gone(child)


def test_what_ended_while_no_worker_lived_is_told_by_its_result(workspace: Workspace, start):
    job_id = jobs.submit(workspace, "train", {"action": "sleep", "seconds": 0.5}, title="Sleep")
    start()
    child = asleep(workspace, job_id).process
    kill_worker(workspace, "work")
    assert child is not None
    until(lambda: is_gone(child.pid))
    jobs.reap(workspace)
    ended(workspace, job_id, "done")


def test_what_a_lost_job_left_running_is_ended(workspace: Workspace, start):
    job_id = train(workspace, "stubborn")
    start()
    job = asleep(workspace, job_id)
    kill_worker(workspace, "work")
    os.kill(pid_of(workspace, job_id), signal.SIGKILL)
    until(lambda: (jobs.reap(workspace), require(workspace, job_id).state)[1] == "lost", 2)
    until(lambda: is_gone(int(job.stage)), 2)


def test_a_lost_job_is_retried_as_its_second_attempt(workspace: Workspace, start):
    job_id = train(workspace, "sleep")
    start()
    asleep(workspace, job_id)
    os.kill(pid_of(workspace, job_id), signal.SIGKILL)
    ended(workspace, job_id, "lost")
    jobs.retry(workspace, job_id)
    start()
    until(lambda: require(workspace, job_id).fraction == 0.5)
    assert (require(workspace, job_id).state, require(workspace, job_id).attempt) == ("running", 2)


def test_a_chain_across_the_lanes_needs_no_dashboard(workspace: Workspace, start):
    first = train(workspace, "nothing")
    second = attribute(workspace, "nothing", after=first)
    third = train(workspace, "nothing", after=second)
    start()
    for job_id in (first, second, third):
        ended(workspace, job_id, "done")


def test_workers_started_at_the_same_time_leave_but_one(workspace: Workspace, start):
    job_ids = [train(workspace, "nothing") for _ in range(3)]
    others = [subprocess.Popen([*WORKER, str(workspace.path), "work"], env=environment()) for _ in range(3)]
    started = [job.started for job in (ended(workspace, job_id, "done") for job_id in job_ids)]
    assert started == sorted(started, key=lambda moment: moment or 0)
    until(lambda: sum(other.poll() is None for other in others) == 1)
    [other.kill() for other in others]
    [other.wait() for other in others]


def test_a_worker_that_has_nothing_to_do_leaves(workspace: Workspace):
    worker = subprocess.run([*WORKER, str(workspace.path), "work"], env=environment(), timeout=20, check=True)
    assert worker.returncode == 0
    assert not is_held(lane_lock(workspace, "work"))


def test_the_engine_answers_one_job_after_the_other(workspace: Workspace, start):
    first, second = attribute(workspace, "nothing"), attribute(workspace, "babble")
    start()
    pids = [(ended(workspace, job_id, "done").result or {})["pid"] for job_id in (first, second)]
    assert pids[0] == pids[1]
    assert [event["stage"] for event in jobs.events(workspace, first)] == ["load the libraries"]
    assert jobs.log_tail(workspace, second) == "no JSON\nno JSON either"


def test_a_crash_of_the_engine_fails_its_job_and_the_next_one_has_a_new_engine(workspace: Workspace, start):
    first, second = attribute(workspace, "die"), attribute(workspace, "nothing")
    start()
    error = ended(workspace, first, "failed").error or ""
    assert error.startswith("the engine was killed by SIGKILL")
    assert "last words" in error
    ended(workspace, second, "done")


def test_cancelling_an_engine_job_ends_the_engine_and_the_next_one_has_a_new_one(workspace: Workspace, start):
    first, second, third = attribute(workspace, "nothing"), attribute(workspace, "stubborn"), attribute(workspace, "nothing")
    start()
    grandchild = int(asleep(workspace, second).stage)
    jobs.cancel(workspace, second)
    ended(workspace, second, "cancelled")
    results = [ended(workspace, job_id, "done").result or {} for job_id in (first, third)]
    assert results[0]["pid"] != results[1]["pid"]
    until(lambda: is_gone(results[0]["pid"]) and is_gone(grandchild), 2)


def test_an_engine_ends_with_its_worker_and_its_job_is_lost(workspace: Workspace, start):
    job_id = attribute(workspace, "sleep")
    start()
    asleep(workspace, job_id)
    kill_worker(workspace, "engine")
    until(lambda: not processes_of(workspace, "stand_in_core.py"), 5)
    jobs.reap(workspace)
    ended(workspace, job_id, "lost")


def test_an_idle_engine_is_stopped(workspace: Workspace, start, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CLT_LAB_ENGINE_IDLE_SECONDS", "0.2")
    job_id = attribute(workspace, "nothing")
    start()
    pid = (ended(workspace, job_id, "done").result or {})["pid"]
    until(lambda: is_gone(pid), 5)
    assert is_held(lane_lock(workspace, "engine"))


def test_a_job_directory_can_be_run_by_hand(workspace: Workspace):
    job_id = train(workspace, "nothing")
    directory = job_directory(workspace, require(workspace, job_id))
    core = str(WORKER[-1]).replace("stand_in_worker", "stand_in_core")
    subprocess.run([sys.executable, "-P", core, "run-job", str(directory)], env=environment(), check=True)
    assert read_json(directory / "result.json")["result"]["params"] == {"action": "nothing"}


@pytest.mark.slow
def test_the_real_worker_runs_the_real_core_in_both_lanes(workspace: Workspace, tmp_path: Path):
    reference = str(make_tiny_llama(tmp_path / "tiny-rope"))
    fetched = jobs.submit(workspace, "fetch", {"model": reference}, title="Fetch")
    request = {"model": reference, "prompt": "The capital of"}
    preview = jobs.submit(workspace, "preview", request, title="Preview", after=fetched)
    ensure_workers(workspace)
    until(lambda: require(workspace, preview).finished, 120)
    assert require(workspace, fetched).result == {"model": reference, "directory": reference}
    result = ended(workspace, preview, "done").result
    assert result is not None
    assert len(result["next"]) == 10


def test_a_process_is_the_same_after_a_correction_of_the_clock(monkeypatch: pytest.MonkeyPatch):
    process, boot = identify(os.getpid()), psutil.boot_time()
    monkeypatch.setattr("psutil._pslinux.boot_time", lambda: boot + 7)
    assert is_alive(process)
    assert not is_alive(Process(process.pid, process.start - 1))


def test_the_store_never_loads_torch():
    modules = "store.worker, store.demo, store.dictionaries, store.models, store.features, store.jobs"
    code = f"import sys, {modules}; sys.exit(any(name.split('.')[0] in ('torch', 'transformers') for name in sys.modules))"
    subprocess.run([sys.executable, "-c", code], check=True, env=environment())

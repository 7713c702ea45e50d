"""Jobs: what their rows say, without any worker."""

import os
import sqlite3
import time
from multiprocessing.pool import ThreadPool

import pytest

from clt_core.errors import InputError
from clt_core.events import Events, file_sink
from clt_core.files import read_json, write_json
from store import jobs
from store.endings import finish
from store.job_queue import claim
from store.job_rows import job_directory, require
from store.workspace import Workspace


def submit(workspace: Workspace, **options) -> str:
    return jobs.submit(workspace, "train", {"name": "a"}, title="Train a", **options)


def end(workspace: Workspace, job_id: str, state: str) -> None:
    job = claim(workspace, "work")
    assert job is not None
    assert job.id == job_id
    finish(workspace, job, state)


def state(workspace: Workspace, job_id: str) -> str:
    return require(workspace, job_id).state


def test_a_job_is_a_row_and_a_directory_with_its_request(workspace: Workspace):
    job = require(workspace, submit(workspace, group="demo"))
    assert (job.kind, job.lane, job.state, job.params, job.group, job.attempt) == (
        "train",
        "work",
        "queued",
        {"name": "a"},
        "demo",
        1,
    )
    request = read_json(job_directory(workspace, job) / "request.json")
    assert request == {"kind": "train", "params": {"name": "a"}, "workspace": str(workspace.path)}


def test_an_unknown_kind_is_refused(workspace: Workspace):
    with pytest.raises(InputError, match="unknown kind of job 'mine'"):
        jobs.submit(workspace, "mine", {}, title="Mine")


def test_a_key_gives_the_live_job_until_it_has_ended(workspace: Workspace):
    first = submit(workspace, key="click")
    assert submit(workspace, key="click") == first
    end(workspace, first, "done")
    assert submit(workspace, key="click") != first


def test_many_clicks_at_once_make_one_job(workspace: Workspace):
    with ThreadPool(8) as pool:
        assert len(set(pool.map(lambda _: submit(workspace, key="click"), range(24)))) == 1
    assert len(os.listdir(workspace.path / "jobs")) == 1


@pytest.mark.parametrize("hostile", ["../../etc/passwd", "' or 1=1 --", "", "%", "a/b", "\x00"])
def test_an_id_that_is_none_is_refused_by_name(workspace: Workspace, hostile: str):
    submit(workspace)
    assert jobs.get(workspace, hostile) is None
    for act in (jobs.cancel, jobs.retry, jobs.events, jobs.log_tail):
        with pytest.raises(InputError, match="there is no job"):
            act(workspace, hostile)


def test_jobs_are_listed_newest_first_and_previews_only_when_asked_for(workspace: Workspace):
    first, second = submit(workspace, group="demo"), submit(workspace)
    preview = jobs.submit(workspace, "preview", {}, title="Preview")
    assert [job.id for job in jobs.list_jobs(workspace)] == [second, first]
    assert [job.id for job in jobs.list_jobs(workspace, limit=1)] == [second]
    assert [job.id for job in jobs.list_jobs(workspace, group="demo")] == [first]
    assert [job.id for job in jobs.list_jobs(workspace, kinds=["preview"], states=["queued"])] == [preview]
    assert jobs.list_jobs(workspace, states=["done"]) == []


def test_a_preview_is_claimed_before_an_attribution(workspace: Workspace):
    jobs.submit(workspace, "attribute", {}, title="Attribute")
    preview = jobs.submit(workspace, "preview", {}, title="Preview")
    claimed = claim(workspace, "engine")
    assert claimed is not None
    assert claimed.id == preview


def test_previews_are_forgotten_after_an_hour(workspace: Workspace):
    old = jobs.submit(workspace, "preview", {}, title="Preview")
    jobs.cancel(workspace, old)
    workspace.connection().execute("update jobs set created = ? where id = ?", (time.time() - 3700, old))
    new = jobs.submit(workspace, "preview", {}, title="Preview")
    assert jobs.get(workspace, old) is None
    assert os.listdir(workspace.path / "jobs") == [new]


def test_no_two_workers_claim_one_job(workspace: Workspace):
    submitted = {submit(workspace) for _ in range(20)}
    with ThreadPool(4) as pool:
        claimed = [job.id for job in pool.map(lambda _: claim(workspace, "work"), range(24)) if job is not None]
    assert len(claimed) == 20
    assert set(claimed) == submitted


def test_a_job_waits_for_the_one_before(workspace: Workspace):
    first = submit(workspace)
    second = submit(workspace, after=first)
    end(workspace, first, "done")
    end(workspace, second, "done")
    assert claim(workspace, "work") is None


def test_a_job_whose_forerunner_runs_is_not_claimed(workspace: Workspace):
    submit(workspace, after=submit(workspace))
    claim(workspace, "work")
    assert claim(workspace, "work") is None


@pytest.mark.parametrize("ending", ["failed", "cancelled", "lost"])
def test_a_bad_end_cancels_the_whole_chain_and_a_retry_queues_it_again(workspace: Workspace, ending: str):
    first = submit(workspace)
    second = submit(workspace, after=first)
    third = submit(workspace, after=second)
    end(workspace, first, ending)
    assert [state(workspace, job) for job in (second, third)] == ["cancelled"] * 2
    assert f"“Train a”, which had to be done first, ended as {ending}" in (require(workspace, third).error or "")
    jobs.retry(workspace, first)
    assert [state(workspace, job) for job in (first, second, third)] == ["queued"] * 3


def test_retrying_the_last_of_a_chain_retries_what_it_waits_for(workspace: Workspace):
    first = submit(workspace)
    third = submit(workspace, after=submit(workspace, after=first))
    jobs.cancel(workspace, first)
    jobs.retry(workspace, third)
    assert {job.state for job in jobs.list_jobs(workspace)} == {"queued"}


def test_a_job_that_the_person_cancelled_stays_so_when_its_forerunner_is_retried(workspace: Workspace):
    first = submit(workspace)
    second = submit(workspace, after=first)
    jobs.cancel(workspace, second)
    end(workspace, first, "failed")
    jobs.retry(workspace, first)
    assert state(workspace, second) == "cancelled"


def test_nothing_can_wait_for_a_job_that_ended_badly(workspace: Workspace):
    first = submit(workspace)
    jobs.cancel(workspace, first)
    with pytest.raises(InputError, match="ended as cancelled: retry it"):
        submit(workspace, after=first)


def test_only_a_bad_end_can_be_retried(workspace: Workspace):
    with pytest.raises(InputError, match="“Train a” is queued"):
        jobs.retry(workspace, submit(workspace))


def test_a_retry_of_work_that_was_submitted_again_is_refused(workspace: Workspace):
    first = submit(workspace, key="click")
    jobs.cancel(workspace, first)
    submit(workspace, key="click")
    with pytest.raises(InputError, match="has been submitted again"):
        jobs.retry(workspace, first)
    assert state(workspace, first) == "cancelled"


def test_a_retry_starts_events_and_log_anew_and_keeps_the_old_ones(workspace: Workspace):
    job_id = submit(workspace)
    directory = job_directory(workspace, require(workspace, job_id))
    Events(file_sink(directory / "events.jsonl")).metrics(1, loss=2.0)
    (directory / "log.txt").write_text("one\ntwo\n")
    write_json(directory / "result.json", {"error": "no", "mendable": True})
    assert [event["step"] for event in jobs.events(workspace, job_id)] == [1]
    end(workspace, job_id, "failed")
    jobs.retry(workspace, job_id)
    assert require(workspace, job_id).attempt == 2
    assert jobs.events(workspace, job_id) == []
    assert sorted(os.listdir(directory)) == ["events-1.jsonl", "log-1.txt", "request.json"]


def test_an_ending_of_an_earlier_attempt_changes_nothing(workspace: Workspace):
    job_id = submit(workspace)
    old = claim(workspace, "work")
    assert old is not None
    finish(workspace, old, "lost")
    jobs.retry(workspace, job_id)
    claim(workspace, "work")
    finish(workspace, old, "done")
    assert state(workspace, job_id) == "running"


def test_events_are_read_from_a_line_on_and_a_half_written_one_waits(workspace: Workspace):
    job_id = submit(workspace)
    path = job_directory(workspace, require(workspace, job_id)) / "events.jsonl"
    for step in range(3):
        Events(file_sink(path)).metrics(step)
    with path.open("a") as file:
        file.write('{"event": "metr')
    assert [event["step"] for event in jobs.events(workspace, job_id, after_line=1)] == [1, 2]


def test_the_log_shows_its_last_lines_as_a_terminal_would(workspace: Workspace):
    job_id = submit(workspace)
    assert jobs.log_tail(workspace, job_id) == ""
    (job_directory(workspace, require(workspace, job_id)) / "log.txt").write_bytes(
        b"old\nloading 10%\rloading 100%\nbad \xff\n"
    )
    assert jobs.log_tail(workspace, job_id, 2) == "loading 100%\nbad �"


def test_a_full_disk_refuses_a_job_and_leaves_nothing_of_it(workspace: Workspace):
    pages = workspace.connection().execute("pragma page_count").fetchone()[0]
    workspace.connection().execute(f"pragma max_page_count = {pages}")
    with pytest.raises(InputError, match=r"the disk of .* is full: free some space"):
        jobs.submit(workspace, "train", {"name": "a" * 100_000}, title="Train a")
    assert os.listdir(workspace.path / "jobs") == []
    assert jobs.list_jobs(workspace) == []


def test_other_errors_of_the_database_are_not_taken_for_a_full_disk(workspace: Workspace):
    workspace.connection().execute("drop view startable")
    workspace.connection().execute("alter table jobs rename to gone")
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        submit(workspace)

from dataclasses import replace
from typing import Any

import pytest

from components.job_views import elapsed, job_row, stage_list, stage_text, target
from store.jobs import Job

JOB = Job(
    id="j-1",
    kind="attribute",
    title="Graph of “x”",
    lane="engine",
    params={},
    state="running",
    fraction=0.5,
    stage="computing edges",
    created=100.0,
    started=110.0,
    finished=None,
    error=None,
    result=None,
    after=None,
    group=None,
    attempt=1,
    cancelling=False,
    blocked_by=None,
    process=None,
)


def test_a_result_is_where_a_done_job_leads():
    assert target(replace(JOB, state="done", result={"graph": "g-1"})) == "/graph/g-1"
    assert target(replace(JOB, state="done", result={"dictionary": "d"})) == "/dictionaries?name=d"
    assert target(JOB) == "/jobs?job=j-1"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "computing edges"),
        ({"stage": ""}, "starting"),
        ({"cancelling": True}, "is being cancelled"),
        ({"state": "queued"}, "waits for its turn"),
        ({"state": "queued", "after": "j-0"}, "waits for the job before it"),
        ({"state": "failed", "error": "no network\nlog"}, "no network"),
        ({"state": "lost", "stage": ""}, "lost"),
    ],
)
def test_the_stage_says_what_happens_or_happened(changes: dict, text: str):
    assert stage_text(replace(JOB, **changes)) == text


def test_time_runs_from_start_to_end():
    assert elapsed(replace(JOB, started=None)) is None
    assert elapsed(JOB, now=125.0) == 15
    assert elapsed(replace(JOB, finished=117.0), now=500.0) == 7


def test_a_row_of_the_grid_is_plain_json():
    assert {type(value) for value in job_row(JOB).values()} <= {str, int, float}


def test_a_stage_that_counts_up_is_one_stage():
    events = [
        {"time": 0.0, "stage": "loading"},
        {"time": 2.0, "stage": "training: 1 of 9"},
        {"time": 7.0, "stage": "training: 5 of 9"},
    ]
    items: Any = stage_list(events).children
    assert [[part.children for part in item.children] for item in items] == [
        ["loading", "2.0 s"],
        ["training: 5 of 9", "5.0 s"],
    ]

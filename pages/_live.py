"""What is alive in the workspace, as the pages follow it."""

import hashlib
import time

from components.job_views import LIVE
from store import jobs
from store.jobs import Job
from store.workspace import Workspace

FOLDERS = ("graphs", "dictionaries")


def revision(workspace: Workspace) -> str:
    """A text that changes whenever a page about this workspace would look different."""
    parts = []
    for job in jobs.list_jobs(workspace, limit=100):
        second = int(time.time()) if job.state == "running" else 0
        parts.append(f"{job.id} {job.state} {job.fraction} {job.stage} {job.attempt} {job.finished} {second}")
    return hashlib.blake2b("\n".join([*parts, *_folders(workspace)]).encode(), digest_size=8).hexdigest()


def library_revision(workspace: Workspace) -> str:
    """A text that changes when graphs or dictionaries did, and every minute, as pages say how long ago they were made."""
    return " ".join([*_folders(workspace), str(int(time.time() / 60))])


def _folders(workspace: Workspace) -> list[str]:
    paths = [workspace.path / folder for folder in FOLDERS]
    return [str(path.stat().st_mtime_ns) if path.is_dir() else "" for path in paths]


def current(workspace: Workspace, job_id: str | None) -> Job | None:
    """The job to show to someone who submitted `job_id`: the live one of its group, or else the job itself."""
    job = jobs.get(workspace, job_id) if job_id else None
    if job is None or job.group is None or job.state == "running":
        return job
    live = jobs.list_jobs(workspace, states=LIVE, group=job.group)
    return min(live, key=lambda other: (other.state != "running", other.created), default=job)

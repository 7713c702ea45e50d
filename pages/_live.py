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
        parts.append(f"{job.id} {job.state} {job.fraction} {job.stage} {job.attempt} {second}")
    for folder in FOLDERS:
        path = workspace.path / folder
        parts.append(str(path.stat().st_mtime_ns) if path.is_dir() else "")
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()


def current(workspace: Workspace, job_id: str | None) -> Job | None:
    """The job to show to someone who submitted `job_id`: the live one of its group, or else the job itself."""
    job = jobs.get(workspace, job_id) if job_id else None
    if job is None or job.group is None or job.state == "running":
        return job
    live = jobs.list_jobs(workspace, states=LIVE, group=job.group)
    return min(live, key=lambda other: (other.state != "running", other.created), default=job)

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import dash
import pytest
from dash import Dash
from dash.development.base_component import Component

ROOT = Path(__file__).resolve().parents[2]

IMPORT = """
import sys, time
start = time.process_time()
from app import create_app
from store.workspace import Workspace
create_app(Workspace.open(sys.argv[1]))
print(time.process_time() - start, *(name for name in ("torch", "transformers", "circuit_tracer") if name in sys.modules))
"""


@pytest.fixture
def served(app: Dash) -> Dash:
    """The app after its first request, which is when Dash puts the pages together."""
    app.server.test_client().get("/")
    return app


def ids(component: Component) -> set[str]:
    parts: list[Any] = [component, *component._traverse()]
    return {json.dumps(part.id) for part in parts if getattr(part, "id", None) is not None}


def used_ids(app: Dash) -> set[str]:
    used = set()
    for output, callback in app.callback_map.items():
        for place in callback["inputs"] + callback["state"]:
            used.add(place["id"])
        for name in output.strip(".").split("..."):
            used.add(name.rsplit(".", 1)[0])
    return {name.split("@")[0] for name in used}


def test_every_id_of_a_callback_is_in_a_layout(served: Dash):
    assert served.validation_layout is not None
    known = {json.loads(name) for name in ids(served.validation_layout) if not name.startswith("{")}
    kinds = {json.loads(name)["type"] for name in ids(served.validation_layout) if name.startswith("{")}
    used = used_ids(served)
    assert {name for name in used if not name.startswith("{")} <= known
    assert {json.loads(name)["type"] for name in used if name.startswith("{")} <= kinds


def test_no_id_is_used_by_two_pages(served: Dash):
    pages = [page["layout"]() for page in dash.page_registry.values()] + [served.layout()]
    every = [name for page in pages for name in ids(page)]
    assert len(every) == len(set(every))


def test_every_page_has_its_address(served: Dash):
    assert {page["path"] for page in dash.page_registry.values()} >= {"/", "/graphs", "/graphs/new", "/dictionaries", "/jobs"}
    assert "/graph/<graph_id>" in {page["path_template"] for page in dash.page_registry.values()}


def test_exceptions_are_not_suppressed(app: Dash):
    assert not app.config.suppress_callback_exceptions


def test_the_dashboard_starts_quickly_and_without_torch(tmp_path: Path):
    command = [sys.executable, "-c", IMPORT, str(tmp_path / "workspace")]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    seconds, *loaded = answer.stdout.split()
    assert not loaded
    assert float(seconds) < 3, "seconds of one core; about 1 on a quiet machine"

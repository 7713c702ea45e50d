import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from dash import Dash
from dash._get_app import app_context

from app import create_app
from store.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "workspace")


@pytest.fixture
def app(workspace: Workspace) -> Dash:
    return create_app(workspace)


@pytest.fixture
def page(app: Dash) -> Callable[[str], ModuleType]:
    """The module of a page, as the app imported it: pages exist only within an app."""
    return lambda name: importlib.import_module(f"pages.{name}")


@pytest.fixture(autouse=True)
def no_remembered_app() -> Iterator[None]:
    """A thread remembers the app of its last request, which for the next test is another's."""
    yield
    app_context.set(None)


@pytest.fixture(autouse=True)
def no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers are processes that would outlive the test; rows are all that pages are asked for here."""
    monkeypatch.setattr("store.lanes.WORKER", ("true",))
    monkeypatch.setattr("store.lanes.ensure_worker.__kwdefaults__", {"worker": ("true",)})
    monkeypatch.setattr("store.lanes.ensure_workers.__kwdefaults__", {"worker": ("true",)})

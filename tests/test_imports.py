"""What importing each part loads, seen in a fresh process."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TORCH = {"accelerate", "circuit_tracer", "datasets", "tokenizers", "torch", "transformer_lens", "transformers"}
APP = {"dash", "duckdb", "flask", "plotly", "waitress"}


def modules_of(*parts: str) -> list[str]:
    """Names of all modules under `parts`; a package's `__main__` is a program, not a part to import."""
    files = sorted(path for part in parts for path in [*ROOT.glob(f"{part}.py"), *ROOT.glob(f"{part}/**/*.py")])
    names = (".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in files)
    return [name for name in names if not name.endswith("__main__")]


def loaded_by(code: str) -> set[str]:
    """Top-level names of the modules that a fresh interpreter holds after `code`."""
    code += "\nimport sys\nsys.stdout.write(' '.join({name.partition('.')[0] for name in sys.modules}))"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert answer.returncode == 0, answer.stderr
    return set(answer.stdout.split())


def test_the_dashboard_never_loads_torch(tmp_path: Path):
    imports = "import app\n" + "".join(f"import {name}\n" for name in modules_of("components", "store"))
    make = f"import pathlib, store.workspace\napp.create_app(store.workspace.Workspace.open(pathlib.Path({str(tmp_path)!r})))"
    pages = "".join(f"\nimport {name}" for name in modules_of("pages"))
    assert not loaded_by(imports + make + pages) & TORCH


def test_importing_the_app_has_no_side_effects_in_its_directory(tmp_path: Path):
    code = f"import sys, os\nsys.path.insert(0, {str(ROOT)!r})\nos.chdir({str(tmp_path)!r})\nimport app"
    loaded_by(code)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_core_never_loads_what_the_app_is_made_of():
    assert not loaded_by("\n".join(f"import {name}" for name in modules_of("clt_core"))) & APP

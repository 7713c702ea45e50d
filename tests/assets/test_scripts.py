"""The tests of the pure scripts, which node runs."""

import shutil
import subprocess
from pathlib import Path

import pytest

NODE = shutil.which("node")
TESTS = sorted(Path(__file__).parent.glob("*.test.mjs"))


@pytest.mark.skipif(NODE is None, reason="node is not installed")
@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_nodes_own_runner_is_content(path: Path):
    run = subprocess.run([str(NODE), "--test", path], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout

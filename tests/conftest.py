"""Settings for the whole suite, and the libraries that some of it needs."""

import os
from importlib import import_module

import pytest
from hypothesis import settings

# Without the JIT an example can take seconds; no test is about time.
settings.register_profile("ridgeless", deadline=None, derandomize=True)
settings.load_profile("ridgeless")

SENTENCE = "{0} must be installed: pip install {0}=={1}"


@pytest.fixture(scope="session")
def transformers():
    """Skip with a sentence, except under CI=true."""
    if os.environ.get("CI", "").lower() != "true":
        pytest.importorskip("transformers", reason=SENTENCE.format("transformers", "5.23.0"))
    import transformers

    return transformers


@pytest.fixture(scope="session")
def trainer(transformers):
    """Skip with a sentence where the Trainer lacks what it needs, except under CI=true."""
    if os.environ.get("CI", "").lower() != "true":
        pytest.importorskip("accelerate", reason=SENTENCE.format("accelerate", "1.15.0"))
    return transformers.Trainer


@pytest.fixture(scope="session")
def lightning():
    """Skip with a sentence, except under CI=true."""
    if os.environ.get("CI", "").lower() != "true":
        reason = SENTENCE.format("pytorch-lightning", "2.6.6")
        pytest.importorskip("pytorch_lightning", reason=reason)
    return import_module("pytorch_lightning")

"""Settings for the whole suite, and the library that some of it needs."""

import os

import pytest
from hypothesis import settings

# Without the JIT an example can take seconds; no test is about time.
settings.register_profile("ridgeless", deadline=None, derandomize=True)
settings.load_profile("ridgeless")

SENTENCE = "transformers must be installed: pip install transformers==5.23.0"


@pytest.fixture(scope="session")
def transformers():
    """Skip with a sentence, except under CI=true."""
    if os.environ.get("CI", "").lower() != "true":
        pytest.importorskip("transformers", reason=SENTENCE)
    import transformers

    return transformers

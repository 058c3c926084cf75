"""Questions at the edges of every argument; `python -m benchmarks.fuzz` asks many more."""

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzz import Question, check, questions


@pytest.mark.nojit_slow
@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(questions)
def test_every_answer_holds(question: Question) -> None:
    check(question)

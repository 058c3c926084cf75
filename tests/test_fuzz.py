"""Questions at the edges of every argument; `python -m benchmarks.fuzz` asks many more."""

from hypothesis import HealthCheck, given, settings

from tests.fuzz import Question, check, questions


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(questions)
def test_every_answer_holds(question: Question) -> None:
    check(question)

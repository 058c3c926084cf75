"""What cannot fit is said with the GiB that it needs."""

import pytest

import ridgeless as rl
from simulations.running import memory
from simulations.running.memory import GIB, available, require


def test_this_machine_has_some() -> None:
    assert 0 < available() < 1e6 * GIB
    require(1.0, "a byte")


@pytest.mark.parametrize(
    ("needed", "workers", "said"),
    [
        (9, 1, "it needs at least 9 GiB of memory, but 8 GiB are available"),
        (
            3,
            4,
            "it needs at least 3 GiB of memory in each of 4 workers, but 8 GiB are available; "
            "with --jobs 2 it fits",
        ),
    ],
)
def test_too_much_is_refused(monkeypatch, needed, workers, said) -> None:
    monkeypatch.setattr(memory, "available", lambda: 8 * GIB)
    with pytest.raises(rl.DomainError) as caught:
        require(needed * GIB, "it", workers)
    assert str(caught.value) == said
    require(8 * GIB / workers, "it", workers)

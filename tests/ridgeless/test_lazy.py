"""An attribute is computed once, even where attributes cannot be set."""

import pickle

import ridgeless as rl
from ridgeless.lazy import lazy


class Counted:
    """Counts how often it computes."""

    def __init__(self) -> None:
        self.computed = 0

    @lazy
    def value(self) -> list[int]:
        """What is kept."""
        self.computed += 1
        return [self.computed]


def test_a_value_is_computed_once_for_each_object() -> None:
    one, other = Counted(), Counted()
    assert one.value is one.value
    assert other.value is not one.value
    assert (one.computed, other.computed) == (1, 1)
    assert Counted.value.__doc__ == "What is kept."


def test_immutable_objects_keep_values_too() -> None:
    spectrum = rl.Spectrum([1.0, 2.0])
    assert spectrum.nodes is spectrum.nodes
    assert pickle.loads(pickle.dumps(spectrum)) == spectrum

"""How labels are read."""

import numpy as np
import pytest

from ridgeless import DomainError
from ridgeless.transfer.labels import read_labels


def test_classes_become_centred_indicators():
    for y in (["b", "a", "b", "a"], np.array([2, 1, 2, 1]), np.array([True, False, True, False])):
        found = read_labels(y, 4)
        assert len(found.classes) == 2
        np.testing.assert_allclose(found.y, [[-0.5, 0.5], [0.5, -0.5]] * 2)
        assert found.number.tolist() == [1, 0, 1, 0]
        assert found.shares.tolist() == [0.5, 0.5]


def test_numbers_are_centred():
    found = read_labels([1.0, 2.0, 4.5, 0.5], 4)
    assert found.told == "numbers"
    assert found.y.mean() == pytest.approx(0)
    assert read_labels(np.arange(8.0).reshape(4, 2), 4).told == "2 columns of numbers"
    # Whole numbers, but no value twice; and by word, whatever they look like.
    assert read_labels([1, 2, 3, 4], 4).told == "numbers"
    assert read_labels([1, 1, 2, 2], 4, classes=False).told == "numbers"
    assert read_labels([0.5, 0.5, 1.5, 1.5], 4, classes=True).told == "2 classes: 0.5, 1.5"


@pytest.mark.parametrize(
    ("y", "classes", "words"),
    [
        ([1.0, 2.0], None, "for each of 4 rows"),
        ([1.0, 2.0, np.nan, 3.0], None, "y must not contain nan"),
        (["a", "b", None, "a"], None, "a missing one"),
        ([1.0] * 4, None, "y must differ between rows"),
        (["a"] * 4, None, "at least 2 classes"),
        (["a", "b", "c", "d"], None, "come twice and more, got 4 of them in 4"),
        (["a", "b", "a", "b"], False, "classes must not be False"),
        (np.ones((4, 2)), True, "one label for each of 4 rows"),
    ],
)
def test_bad_labels(y, classes, words):
    with pytest.raises(DomainError, match=words):
        read_labels(y, 4, classes)

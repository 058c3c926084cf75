"""Names above columns, numbers or not; and samples that look like names."""

import numpy as np
import pytest

from ridgeless.cli.tables.header import has_names

FLOATS = [[repr(x) for x in row] for row in np.random.default_rng(0).normal(size=(20, 6)).tolist()]
WHOLE = [[str(x) for x in row] for row in np.random.default_rng(0).integers(3, 9, (20, 6))]
LABELS = [[*row[:5], "ab"[k % 2]] for k, row in enumerate(FLOATS)]
CURVES = [
    [repr(float(x)) for x in np.arange(6) + row] for row in np.random.default_rng(0).random((20, 1))
]


@pytest.mark.parametrize(
    ("first", "body", "found"),
    [
        (["a", "b", "c", "d", "e", "f"], FLOATS, True),
        (["0", "1", "2", "3", "4", "5"], FLOATS, True),
        (["0", "1", "2", "3", "4", "5"], WHOLE, True),
        (["1990", "1991", "1992", "1993", "1994", "1995"], FLOATS, True),
        (["1101.5", "1103.1", "1104.2", "1106", "1107", "1109"], FLOATS, True),
        (["730", "532", "610", "404", "999", "870"], FLOATS, True),
        (["1_10583", "2", "3", "4", "5", "6"], FLOATS, True),
        (["", "0", "1", "2", "3", "4"], WHOLE, True),
        (["NA", "0.5", "-0.2", "0.3", "0.7", "1.1"], FLOATS, False),
        (["oops", "0.5", "-0.2", "0.3", "0.7", "1.1"], FLOATS, None),
        (FLOATS[0], FLOATS[1:], False),
        (WHOLE[0], WHOLE[1:], False),
        (LABELS[0], LABELS[1:], False),
        (["1", "2", "3", "4", "5", "kind"], LABELS, True),
        (CURVES[0], CURVES[1:], False),
        (["0", "1"], [row[:2] for row in WHOLE], None),
        (["0", "1"], [*(row[:2] for row in WHOLE), ["0", "1"]], False),
        (["0", "1"], [row[:2] for row in FLOATS], True),
    ],
)
def test_names_and_samples(first: list[str], body: list[list[str]], found: bool | None) -> None:
    assert has_names(first, body, ".") is found


def test_one_line_alone() -> None:
    assert has_names(["a", "1"], [], ".")
    assert not has_names(["2", "1"], [], ".")

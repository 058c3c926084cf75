"""Row classes share out the moments of the rows that they stand for."""

import math
from typing import Any

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.mask_ratio import Quadrature
from ridgeless.row_classes import RowClasses, row_classes
from tests.tolerances import ROUNDING


def classes(
    mask: list[float], weight: list[float], rows: Any, masks: float, loss: Any = 1.0
) -> RowClasses:
    p, w = np.array([mask]), np.array([weight])
    loss = np.broadcast_to(loss, p.shape)
    return row_classes(Quadrature(p, 1 - p, w), (p * w).sum(axis=1), rows, masks, loss)


def sums(found: RowClasses) -> list[float]:
    """Second moments of inputs, cross moment and second moment of the target, per row."""
    w, a, b, c = (x[0] for x in (found.weight, found.kept, found.masked, found.surplus))
    c = a + c
    t = np.divide(c**2, a, out=np.zeros_like(a), where=a > 0)
    return [float(w @ x) for x in (a, b, c, t)]


@pytest.mark.parametrize("rows", ["all", "masked"])
@pytest.mark.parametrize("masks", [1, 2, 5, 49])
@pytest.mark.parametrize("p", [0.01, 0.3, 0.95])
def test_rows_of_one_ratio(p: float, masks: int, rows: str) -> None:
    """However a sample's rows are rotated, their moments stay: q^2, q p, q and 1 per row."""
    found = classes([p], [1.0], rows, masks)
    q = 1 - p
    assert found.weight.sum() == pytest.approx(1, rel=ROUNDING)
    assert sums(found) == pytest.approx([q * q, q * p, q, 1.0], rel=ROUNDING)
    assert found.rows[0] == pytest.approx(masks * (p if rows == "masked" else 1), rel=ROUNDING)


@pytest.mark.parametrize("loss", [1.0, [2.0, 0.5, 1.0]])
@pytest.mark.parametrize("rows", ["all", "masked"])
def test_rows_of_a_law(rows: str, loss: Any) -> None:
    p, w = np.array([0.2, 0.5, 0.8]), np.array([0.5, 0.3, 0.2])
    found = classes(list(p), list(w), rows, 1, loss)
    share = w * p / (w @ p) if rows == "masked" else w
    share, q = share * np.broadcast_to(loss, 3), 1 - p
    expected = [share @ x for x in (q * q, q * p, q, np.ones(3))]
    assert sums(found) == pytest.approx(expected, rel=ROUNDING)


@pytest.mark.parametrize("rows", ["all", "masked"])
def test_infinitely_many_masks_are_one_class_and_a_ridge(rows: str) -> None:
    p, w, loss = np.array([0.2, 0.8, 1.0]), np.array([0.5, 0.3, 0.2]), np.array([2.0, 0.5, 1.0])
    found = classes(list(p), list(w), rows, math.inf, loss)
    share = w * p / (w @ p) if rows == "masked" else w
    share, q = share * loss, 1 - p
    square, cross = share @ (q * q), share @ (q * p)
    assert found.weight.shape == (1, 1)
    assert found.surplus[0, 0] == pytest.approx(cross / square, rel=ROUNDING)
    # (ridge + d0 shift) scale is the ridge over E q^2 and the noise of masks over the same.
    assert found.ridge_scale[0] == pytest.approx(1 / square, rel=ROUNDING)
    assert found.ridge_shift[0] == pytest.approx(cross, rel=ROUNDING)


def test_rows_that_nothing_is_left_of_do_not_count() -> None:
    found = classes([0.5, 1.0], [0.75, 0.25], "all", 1)
    np.testing.assert_array_equal(found.weight, [[1.0, 0.0]])
    assert found.rows[0] == 0.75
    # Their share of the rows goes into the ridge.
    assert found.ridge_scale[0] == pytest.approx(1 / 0.75, rel=ROUNDING)
    assert classes([1.0], [1.0], "all", 3).rows[0] == 0
    assert classes([0.0], [1.0], "masked", 1).rows[0] == 0
    assert classes([0.5], [1.0], "all", 2, 0.0).rows[0] == 0


def test_repeated_unmasked_rows_are_one() -> None:
    found = classes([0.0], [1.0], "all", 4)
    assert (found.rows[0], found.weight[0].sum()) == (1.0, 1.0)
    assert sums(found) == pytest.approx([4.0, 0.0, 4.0, 4.0], rel=ROUNDING)


@pytest.mark.parametrize("p", [1e-6, 0.01, 0.3, 0.97])
@pytest.mark.parametrize("masks", [300, 2500])
def test_many_masks_stand_in_a_few_classes(
    masks: int, p: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sums with poles at negative numbers of rows are those over all numbers of rows."""

    def pole_sums(found: RowClasses) -> list[float]:
        w, a, b = found.weight[0], found.kept[0], found.masked[0]
        return [float(w @ (a / (base * b.max() + a + b))) for base in (0.0, 1.0, 1e3)]

    few = classes([p], [1.0], "masked", masks)
    monkeypatch.setattr("ridgeless.row_classes.MANY", masks)
    every = classes([p], [1.0], "masked", masks)
    assert few.weight.size < 100 < every.weight.size
    assert pole_sums(few) == pytest.approx(pole_sums(every), rel=ROUNDING)
    assert few.weight[0, -1] == pytest.approx(every.weight[0, -1], rel=ROUNDING, abs=ROUNDING)


def test_no_number_of_masks_needs_memory() -> None:
    """Ever more masks are fewer and fewer different: 1/K from infinitely many."""
    total = [
        rl.risk([1.0, 2.0], 0.3, masks_per_sample=masks, rows="masked").total
        for masks in (10**9, 10**18, 2**62, math.inf)
    ]
    assert total[0] == pytest.approx(total[-1], rel=1e-8)
    assert total[1:3] == pytest.approx([total[-1]] * 2, rel=ROUNDING)

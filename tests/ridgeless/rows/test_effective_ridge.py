"""The fixed point: consistent, of the expected size, and its failure is a sentence."""

import numpy as np
import pytest

from ridgeless import ConvergenceError
from ridgeless.rows import effective_ridge
from ridgeless.rows.anderson import FixedPoint
from ridgeless.rows.blocks import logarithm
from tests.ridgeless.rows import brute
from tests.tolerances import ROWS_DUAL


@pytest.mark.parametrize("masks", [1, 3])
def test_the_noise_is_what_it_makes(masks):
    rows, targets, whole, answers = brute.blocks(0, masks=masks)
    space = brute.system(rows, targets, whole, answers).space
    absent = np.zeros((60, masks, masks))
    found = effective_ridge.solve(space, absent, 60, 20, 0.3, 1.0, logarithm(space.norms))
    medium = found.medium
    noise = medium.inverse_medium - medium.cavity
    theta = 20 / 60
    wanted = 20 * 0.3 * np.eye(masks) + (1 - theta) * medium.inverse_medium
    np.testing.assert_allclose(noise, wanted, rtol=ROWS_DUAL, atol=1e-9)
    assert found.residual <= effective_ridge.TOLERANCE
    assert 0 < found.steps < 25


def test_white_rows_see_the_ridge_of_marchenko_and_pastur():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(800, 1, 100))
    system = brute.system(rows, np.zeros((800, 1, 1)), rows[:, 0], np.zeros((800, 1)))
    ridge, psi = 0.2, 100 / 200
    kappa = system.risk(200, ridge).effective_ridge
    # kappa = lambda + kappa psi / (1 + kappa)
    assert kappa == pytest.approx(ridge + psi * kappa / (1 + kappa), rel=0.02)


def test_what_does_not_converge_is_told(monkeypatch):
    rows, targets, whole, answers = brute.blocks(1)
    monkeypatch.setattr(effective_ridge, "fixed_point", lambda act, x, _: FixedPoint(x, 0.1, 300))
    with pytest.raises(ConvergenceError, match=r"20 out of 60 samples .* 300 steps .* 1\.0e-01"):
        brute.system(rows, targets, whole, answers).risk(20, 0.1)

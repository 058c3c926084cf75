"""Cells: which there are, whether masks are random, and the error over rows."""

import math

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.rows.cells import Cells, jackknife
from ridgeless.rows.draws import Scheme


def cells(masking, samples=10, ridge=0.0):
    return Cells(masking, np.asarray(samples), np.asarray(ridge))


def test_they_broadcast():
    grid = cells(rl.Masking([[0.1], [0.2]]), [5, 10, 20], 0.3)
    assert grid.shape == (2, 3)
    assert grid.shaped(np.arange(6.0)).shape == (2, 3)
    assert cells(rl.Masking(rl.UniformRatio())).shaped(np.array([2.0])) == 2.0
    with pytest.raises(rl.DomainError, match="must broadcast"):
        cells(rl.Masking([0.1, 0.2]), [5, 10, 20])


def test_what_is_random():
    own, shape = Scheme(None, np.arange(3)), Scheme("importance", np.arange(3))
    assert cells(rl.Masking(0.3)).random(own)
    assert not cells(rl.Masking([0.0, 1.0])).random(own)
    assert not cells(rl.Masking(0.3, masks_per_sample=math.inf)).random(own)
    assert cells(rl.Masking(0.3, masks_per_sample=math.inf)).random(shape)
    assert cells(rl.Masking(0.0)).random(Scheme(lambda rng, X: X > 0, np.arange(3)))


def test_the_jackknife_of_a_mean_is_its_variance():
    losses = np.random.default_rng(0).normal(size=(2, 50))
    nothing = np.zeros((2, 50))
    np.testing.assert_allclose(jackknife(losses, nothing, True), losses.var(axis=1, ddof=1) / 50)
    assert jackknife(losses, nothing, False) == pytest.approx(losses.var(axis=1) / 49)

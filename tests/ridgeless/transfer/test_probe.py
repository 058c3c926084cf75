"""A probe and its best ridge."""

import math

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.transfer.probe import Probe
from ridgeless.transfer.representation import Representation
from tests import tolerances

#: Four of ten directions are dropped.
Z = Representation(
    np.array([0.0, 0.5, 2.0]), np.array([0.4, 0.4, 0.2]), np.array([0.0, 0.3, 0.5]), 0.2
)


def total(found):
    return found.bias + found.design_variance + found.noise_variance


def test_a_probe_is_an_unmasked_regression_that_hears_what_is_lost():
    mean = (0.4 * 0.5 + 0.2 * 2.0) / 0.6
    inner = rl.risk(
        rl.Spectrum([0.5, 2.0], [0.4, 0.2]),
        0.0,
        aspect_ratio=3.0 * 0.6,
        ridge=0.7 * mean,
        rows="all",
        target=rl.LinearTarget(0.8 / (0.1 + 0.2), alignment=[0.3 / 0.5, 0.5 / 2.0],
                               signal_variance=0.8),
    )  # fmt: skip
    found = Probe(Z).at(np.array(3.0), np.array(0.1), np.array(0.7))
    assert total(found) == pytest.approx(inner.total + 0.2, rel=tolerances.TRANSFER)
    assert found.noise_variance == pytest.approx(inner.noise_variance, rel=tolerances.TRANSFER)


@pytest.mark.nojit_slow
def test_the_best_ridge_is_better_than_any():
    gamma, noise = np.array([0.2, 2.0, 30.0]), np.array([0.0, 0.1, 4.0])
    probe = Probe(Z)
    found = probe.best(gamma, noise)
    ridges = np.logspace(-8, 8, 4001)
    every = total(probe.at(gamma[:, None], noise[:, None], ridges)).min(axis=1)
    np.testing.assert_array_less(total(found), every * (1 + tolerances.TRANSFER))
    again = total(probe.at(gamma, noise, found.ridge))
    np.testing.assert_allclose(again, total(found), rtol=tolerances.TRANSFER)


def test_an_isotropic_task_on_isotropic_features_has_bayes_ridge():
    z = Representation(np.array([3.0]), np.array([1.0]), np.array([1.0]), 0.0)
    found = Probe(z).best(np.array([2.0]), np.array([0.25]))
    assert found.ridge == pytest.approx(2.0 * 0.25, rel=tolerances.TRANSFER_RIDGE)


def test_where_nothing_can_be_learnt():
    nothing = Representation(np.zeros(1), np.ones(1), np.zeros(1), 1.0)
    found = Probe(nothing).best(np.array([2.0]), np.array([0.5]))
    assert total(found) == 1.0
    no_signal = Representation(np.array([0.0, 1.0]), np.full(2, 0.5), np.zeros(2), 1.0)
    found = Probe(no_signal).best(np.array([2.0]), np.array([0.5]))
    assert total(found).item() == 1.0
    assert found.ridge.item() == math.inf
    given = Probe(no_signal).at(np.array([0.5]), np.array([0.5]), np.array([0.0]))
    assert total(given) == pytest.approx(1.0 + 1.5 * 0.25 / 0.75)  # noise gamma/(1 - gamma)


def test_a_threshold_without_noise_is_not_nan():
    z = Representation(np.array([1.0]), np.array([1.0]), np.array([1.0]), 0.0)
    found = Probe(z).at(np.array([1.0]), np.array([0.0]), np.array([0.0]))
    assert not np.isnan(total(found))


def test_a_threshold_is_where_the_engine_has_it():
    """As many labels as directions, whatever rounding their shares have."""
    spectrum, task = rl.Spectrum.power_law(1.0, 200), rl.LinearTarget(4.0)
    found = rl.transfer_risk(spectrum, 0.5, aspect_ratio=1.0, target=task, probe_ridge=0.0)
    assert found.total == math.inf


def test_deafening_noise_is_not_listened_to():
    for snr in (1e-300, 1e-8):
        found = rl.transfer_risk([0.5, 1, 4], 0.5, aspect_ratio=3.0, target=rl.LinearTarget(snr))
        assert found.total == pytest.approx(1.0)


@pytest.mark.nojit_slow
def test_a_tiny_ridge_is_found():
    spectrum = rl.Spectrum.power_law(3.0, 200)
    task = rl.LinearTarget(100.0, alignment=-1.0)
    ridges = np.append(0.0, np.logspace(-22, 0, 400))
    every = rl.transfer_risk(spectrum, 0.0, aspect_ratio=0.1, target=task, probe_ridge=ridges)
    best = rl.transfer_risk(spectrum, 0.0, aspect_ratio=0.1, target=task)
    assert best.total <= every.total.min() * (1 + tolerances.TRANSFER)

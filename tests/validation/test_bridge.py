"""Gradient descent against the theory, and against the formula of the other scheme."""

import numpy as np
import pytest
import torch

import ridgeless as rl
from ridgeless import ConvergenceError
from ridgeless.quantiles import quantized
from tests.validation import tiny
from validation import bridge as bridging
from validation.bridge import Bridge, trained_risk


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.mark.slow
@pytest.mark.nojit_slow
def test_the_bridge_is_flat_and_the_wrong_formula_is_not():
    eigenvalues = np.ones(12)  # the quickest to converge
    small = Bridge(("0.5",), (0.125,), dimension=12, trials=2, fresh_steps=1200)
    rows = list(small.rows(eigenvalues, np.random.SeedSequence(0)))
    assert [row["scheme"] for row in rows] == ["one mask", "fresh masks"]
    for row, masks in zip(rows, (1, np.inf), strict=True):
        assert row["agrees"], row
        assert not row["wrong_agrees"], row
        exact = rl.risk(eigenvalues, 0.5, aspect_ratio=0.125, masks_per_sample=masks)
        assert row["theory"] == exact.prediction_error
        # Agreement is not for want of precision.
        assert row["tolerance"] > 2 * row["standard_error"] + row["finite_size"]
        assert row["tolerance"] < 0.5 * abs(row["theory"] - row["wrong_formula"]), row


def test_the_spectrum_is_that_of_the_correlation():
    asked = []

    class Silent(Bridge):
        def rows(self, eigenvalues, rng):
            asked.append(eigenvalues)
            return iter(())

    data = tiny.values()
    assert bridging.bridge(data, Silent()) == []
    flat = data.train.reshape(len(data.train), -1)
    expected = np.linalg.eigvalsh(np.corrcoef(flat, rowvar=False))
    np.testing.assert_allclose(np.sort(asked[0]), np.sort(expected), rtol=1e-5, atol=1e-6)


def test_descent_that_has_not_converged_is_no_answer():
    with pytest.raises(ConvergenceError, match="within 3 steps"):
        trained_risk(np.ones(8), 0.5, 0.5, "one mask", np.random.SeedSequence(0), steps=3)


def test_descent_that_diverges_starts_again_with_shorter_steps():
    """More features than samples, few of them seen: some masks are steeper than the first."""
    eigenvalues = quantized(rl.Spectrum(np.arange(1, 97.0) ** -1), 16).eigenvalues
    found = [
        trained_risk(eigenvalues, 0.8, 2.0, "fresh masks", np.random.SeedSequence(k), steps=400)
        for k in range(6)
    ]
    assert max(found) < 5 * min(found)

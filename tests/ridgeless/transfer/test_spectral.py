"""A probe after pretraining: known limits, Bayes' estimators, Monte Carlo."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ridgeless as rl
from tests import tolerances

SPECTRUM = rl.Spectrum.power_law(0.7, dimension=1000)
RATIOS = np.array([0.01, *np.arange(0.05, 1, 0.05), 0.98, 1.0])


@pytest.mark.parametrize("alignment", ["isotropic", 1.0, 2.0])
def test_without_masks_it_is_ridge_regression_on_the_rows(alignment):
    task = rl.LinearTarget([4.0, 50.0], alignment=alignment)
    for ridge in (0.0, 0.3):
        plain = rl.risk(
            SPECTRUM, 0.0, aspect_ratio=3.0, target=task, ridge=ridge * SPECTRUM.mean, rows="all"
        )
        found = rl.transfer_risk(
            SPECTRUM, 0.0, aspect_ratio=3.0, target=task, probe_ridge=ridge, depth=2.0
        )
        for part in ("bias", "design_variance", "noise_variance", "total", "null", "noise"):
            expected = getattr(plain, part)
            assert np.allclose(getattr(found, part), expected, rtol=tolerances.TRANSFER, atol=0)


@pytest.mark.nojit_slow
def test_masked_features_in_the_loss_do_not_tend_to_the_rows():
    """The filter tends to 1 - 1/(s theta) with hardly any mask (eq-filter-masked)."""
    s = SPECTRUM.eigenvalues
    kept = 1 - 1 / (s * np.mean(1 / s))
    task = rl.LinearTarget(4.0, alignment=1.0)
    inner = rl.risk(
        s * kept**2,
        0.0,
        aspect_ratio=10.0,
        target=rl.LinearTarget(4.0, alignment=s / np.where(kept == 0, 1, kept) ** 2),
        ridge=np.logspace(-4, 2, 2000) * np.mean(s * kept**2),
        rows="all",
    ).total.min()
    ratios = [0.0, 1e-9]
    found = rl.transfer_risk(SPECTRUM, ratios, aspect_ratio=10.0, target=task, rows="masked")
    assert found.total == pytest.approx([inner, inner], rel=tolerances.TRANSFER_ENDS)
    everything = rl.transfer_risk(SPECTRUM, 0.0, aspect_ratio=10.0, target=task)
    # Figures of the table in docs/theory.md.
    assert (round(found.total[0], 3), round(everything.total, 3)) == (0.246, 0.29)


def bayes(s, prior, gamma, noise):
    """Risk of the posterior mean under beta_i ~ N(0, prior_i): the ridge sigma^2 in its metric.

    The fixed point of the unmasked equivalent is solved here by bisection, on its own.
    """
    t = s * prior * len(s)  # variances of the whitened coefficients' features
    level = gamma * noise

    def gap(kappa):
        return kappa - level - gamma * kappa * np.mean(t / (t + kappa))

    low, high = level, level + gamma * t.mean() + t.max()
    for _ in range(200):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if gap(middle) < 0 else (low, middle)
    kappa = high
    # Of Bayes' estimator the effective ridge is the error: kappa = gamma (R + sigma^2).
    return kappa / gamma - noise


@pytest.mark.nojit_slow
@pytest.mark.parametrize(
    ("tau", "ratio", "depth"), [(0.0, 0.0, 1.0), (2.0, 1.0, 1.0), (1.0, 1.0, 0.5)]
)
@pytest.mark.parametrize(("gamma", "snr"), [(2.0, 4.0), (10.0, 50.0), (0.5, 1.0)])
def test_the_ratio_is_the_prior(tau, ratio, depth, gamma, snr):
    """beta_i^2 ~ s_i^tau: p = 0 is Bayes' estimator at tau = 0, p -> 1 at tau = 2c."""
    s = SPECTRUM.eigenvalues
    task = rl.LinearTarget(snr, alignment=tau)
    prior = s**tau / (s ** (1 + tau)).sum()
    expected = bayes(s, prior, gamma, 1 / snr)
    every = rl.transfer_risk(
        SPECTRUM, [ratio, *RATIOS], aspect_ratio=gamma, target=task, depth=depth
    ).total
    assert every[0] == pytest.approx(expected, rel=tolerances.TRANSFER_BAYES)
    assert every.min() >= expected * (1 - tolerances.TRANSFER_BAYES)


@pytest.mark.nojit_slow
@pytest.mark.parametrize(
    ("decay", "best"),
    [
        (0.7, [0.7, 0.55, 0.85, 0.75]),
        (1.0, [0.85, 0.65, 0.95, 0.85]),
        (1.5, [0.95, 0.85, 0.98, 0.9]),
    ],
)
def test_the_table_of_the_theory(decay, best):
    """Best ratios at tau = 1 for d/n = 2, 10 and snr = 4, 50, on a grid."""
    spectrum = rl.Spectrum.power_law(decay, dimension=1000)
    task = rl.LinearTarget([4.0, 50.0], alignment=1.0)
    found = rl.transfer_risk(
        spectrum, RATIOS[:, None, None], aspect_ratio=np.array([[2.0], [10.0]]), target=task
    )
    assert RATIOS[found.total.argmin(axis=0)].ravel().tolist() == pytest.approx(best)


@pytest.mark.nojit_slow
def test_figures_of_the_theory():
    task = rl.LinearTarget([4.0, 50.0], alignment=1.0)
    best = rl.transfer_risk(SPECTRUM, [[0.85], [0.75]], aspect_ratio=10.0, target=task).total
    low = rl.transfer_risk(SPECTRUM, 0.01, aspect_ratio=10.0, target=task).total
    assert best.min(axis=0).round(3).tolist() == [0.234, 0.166]
    assert low.round(3).tolist() == [0.288, 0.236]


def test_a_bottleneck_leaves_the_leading_directions():
    """k of d directions, the rest is noise: at p = 0 by regression on the kept features."""
    s = np.array([0.5, 1.0, 3.0])
    task = rl.LinearTarget(4.0)
    found = rl.transfer_risk(
        s, 0.0, aspect_ratio=1.5, target=task, bottleneck=2 / 3, probe_ridge=0.2
    )
    signal = s / s.sum()
    lost = signal[0]
    inner = rl.risk(
        s[1:],
        0.0,
        aspect_ratio=1.0,
        ridge=0.2 * 2.0,
        target=rl.LinearTarget((1 - lost) / (0.25 + lost), signal_variance=1 - lost),
        rows="all",
    )
    assert found.total == pytest.approx(inner.total + lost, rel=tolerances.TRANSFER)


@pytest.mark.nojit_slow
def test_laws_and_fills():
    task = rl.LinearTarget(4.0, alignment=1.0)

    def total(ratio, **keywords):
        return rl.transfer_risk([0.2, 1, 4], ratio, aspect_ratio=3.0, target=task, **keywords).total

    law = rl.DiscreteRatio([0.2, 0.6])
    # A law is one ratio: that of its damping (eq-filter).
    odds = (0.8 * 0.2 + 0.4 * 0.6) / (0.8**2 + 0.4**2)
    assert total(law) == pytest.approx(total(odds / (1 + odds)), rel=tolerances.TRANSFER)
    odds = (0.25 + 1.5) / 2
    rescaled = total(law, fill="rescale")
    assert rescaled == pytest.approx(total(odds / (1 + odds)), rel=tolerances.TRANSFER)
    assert total(rl.UniformRatio(0, 1), fill="rescale") == total(1.0)
    assert total(rl.Masking(0.4, fill="rescale")) == pytest.approx(total(0.4))
    assert total(rl.Masking(0.4, rows="masked")) == total(0.4, rows="masked")


@pytest.mark.nojit_slow
@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(0, 1e3), min_size=1, max_size=6).filter(lambda s: max(s) > 1e-3),
    st.floats(0, 1),
    st.floats(0, 1e3),
    st.floats(1e-3, 1e6),
    st.floats(0.1, 4),
    st.floats(0.01, 1),
)
def test_any_probe_has_a_risk_of_at_most_predicting_nothing(s, p, gamma, snr, depth, bottleneck):
    task = rl.LinearTarget(snr, alignment=1.0)
    found = rl.transfer_risk(
        s, p, aspect_ratio=gamma, target=task, depth=depth, bottleneck=bottleneck
    )
    assert 0 <= found.total <= 1 + tolerances.TRANSFER
    assert found.probe_ridge >= 0
    assert found.total == pytest.approx(found.bias + found.variance)


@pytest.mark.nojit_slow
def test_the_optimum_and_the_frame():
    task = rl.LinearTarget(4.0, alignment=1.0)
    best = rl.optimal_mask_ratio([0.1, 1.0, 5.0], front=rl.transfer_risk, aspect_ratio=8.0,
                                 target=task)  # fmt: skip
    every = rl.transfer_risk([0.1, 1.0, 5.0], np.linspace(0, 1, 201), aspect_ratio=8.0, target=task)
    assert best.risk <= every.total.min() * (1 + tolerances.TRANSFER)
    assert 0 < best.mask_ratio < 1
    frame = every.to_frame()
    assert list(frame["probe_ridge"]) == every.probe_ridge.tolist()


@pytest.mark.slow
def test_monte_carlo_with_the_filter_of_the_population():
    d, n, trials = 300, 60, 100
    s = np.arange(1, d + 1) ** -1.0
    task = rl.LinearTarget(4.0, alignment=1.0)
    found = rl.transfer_risk(s, 0.8, aspect_ratio=d / n, target=task, probe_ridge=0.1)
    beta2 = s / (s * s).sum()
    filtered = s / (s + s.mean() * 4)
    rng, risks = np.random.default_rng(0), []
    for _ in range(trials):
        beta = np.sqrt(beta2) * rng.choice([-1, 1], d)
        x = rng.standard_normal((n, d)) * np.sqrt(s)
        y = x @ beta + 0.5 * rng.standard_normal(n)
        z = x * filtered
        ridge = 0.1 * np.mean(s * filtered**2)
        b = filtered * np.linalg.solve(z.T @ z / n + ridge * np.eye(d), z.T @ y / n)
        risks.append(((beta - b) ** 2 * s).sum())
    error = np.std(risks, ddof=1) / math.sqrt(trials)
    assert abs(np.mean(risks) - found.total) < 3 * error + tolerances.TRANSFER_SIZE * found.total

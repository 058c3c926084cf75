"""`rl.risk` where pencil and paper give the answer (docs/theory, eq-isotropic and after)."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ridgeless as rl
from tests import strategies
from tests.tolerances import IDENTITY


@given(p=strategies.ratios, gamma=strategies.aspect_ratios, snr=st.floats(0.1, 10.0))
def test_isotropic(p: float, gamma: float, snr: float) -> None:
    """eq-isotropic, with |beta|^2 = 1 and sigma^2 = 1/snr."""
    if abs(gamma - 1) < 1e-6:
        return
    fluctuation = (1 / snr + p) / (1 - p)
    if gamma < 1:
        expected = fluctuation * gamma / (1 - gamma)
    else:
        expected = (1 - 1 / gamma) + fluctuation / (gamma - 1)
    risk = rl.risk([1.0], p, aspect_ratio=gamma, target=rl.LinearTarget(snr=snr))
    assert risk.total == pytest.approx(expected, rel=IDENTITY)


@given(values=strategies.positive_eigenvalues, gamma=st.floats(0.05, 0.95))
def test_unmasked_least_squares_does_not_depend_on_the_spectrum(
    values: list[float], gamma: float
) -> None:
    """Hastie et al. 2022: below the threshold the risk is sigma^2 gamma / (1 - gamma)."""
    risk = rl.risk(values, 0.0, aspect_ratio=gamma, target=rl.LinearTarget(snr=2.0))
    assert risk.total == pytest.approx(0.5 * gamma / (1 - gamma), rel=IDENTITY)
    assert risk.bias == pytest.approx(0, abs=1e-25)


@given(
    values=strategies.positive_eigenvalues,
    p=strategies.ratios,
    gamma=strategies.aspect_ratios,
    ridge=st.floats(0.01, 10.0),
)
def test_one_class_obeys_the_scalar_equation(
    values: list[float], p: float, gamma: float, ridge: float
) -> None:
    """eq-single-class: noise variance is sigma^2 (df2/N-like)/(1 - df2/N) of one kappa."""
    from scipy.optimize import brentq

    s = np.array(values)
    q, d0 = 1 - p, np.mean(s)
    e = q * q * s + q * p * d0

    def excess(log_kappa: float) -> float:
        kappa = math.exp(log_kappa)
        return ridge / kappa - gamma * np.mean(kappa / (e + kappa)) + (gamma - 1)

    top = math.log(ridge + 2 * gamma * e.max() + ridge)
    kappa = math.exp(brentq(excess, math.log(ridge) - 1, top + 5, xtol=1e-14, rtol=1e-14))
    slack = ridge / kappa + gamma * kappa * np.mean(e / (e + kappa) ** 2)
    noise = gamma * np.mean(s * e / (e + kappa) ** 2) / slack
    target = rl.LinearTarget(snr=1.0)
    risk = rl.risk(s, p, aspect_ratio=gamma, ridge=ridge, target=target)
    assert risk.noise_variance == pytest.approx(noise, rel=1e-9)


@given(
    values=strategies.positive_eigenvalues,
    p=st.floats(0.05, 0.95),
    gamma=strategies.aspect_ratios,
)
def test_fresh_masks_for_ever_are_ridge_regression(
    values: list[float], p: float, gamma: float
) -> None:
    """eq-K-inf-ridge: lambda = d0 p/(1-p), and the predictor is inflated by 1/(1-p).

    On test inputs masked at p_t the inflated predictor's mean part is q_t/(1-p) times the plain
    one: at p_t = p it is the plain ridge predictor on inputs whose mask adds its own noise.
    """
    d0 = float(np.mean(values))
    target = rl.LinearTarget(snr=2.0)
    masked = rl.risk(values, p, aspect_ratio=gamma, target=target, masks_per_sample=math.inf)
    plain = rl.risk(values, 0.0, aspect_ratio=gamma, target=target, ridge=d0 * p / (1 - p))
    inflation = 1 / (1 - p)
    assert masked.noise_variance == pytest.approx(inflation**2 * plain.noise_variance, rel=IDENTITY)
    learned = rl.learned_fraction(
        values, p, aspect_ratio=gamma, rows="all", masks_per_sample=math.inf
    )
    plainly = rl.learned_fraction(
        values, 0.0, aspect_ratio=gamma, rows="all", ridge=d0 * p / (1 - p)
    )
    np.testing.assert_allclose(learned, inflation * plainly, rtol=IDENTITY)


@given(values=strategies.positive_eigenvalues, p=strategies.ratios, rows=st.sampled_from(["all"]))
def test_infinitely_many_samples_give_the_population_predictor(
    values: list[float], p: float, rows: str
) -> None:
    s = np.array(values)
    d0 = s.mean()
    risk = rl.risk(s, p, aspect_ratio=0.0, rows=rows, target=rl.LinearTarget())
    weight = s / ((1 - p) * s + p * d0)  # (q Sigma + p D)^-1 Sigma
    expected = np.sum(s * (1 - weight) ** 2) / s.sum()
    assert risk.bias == pytest.approx(expected, rel=1e-9, abs=1e-20)
    assert risk.variance == 0


def test_masks_are_a_jump_not_a_limit() -> None:
    """p = 0 with several masks repeats one row; the smallest p > 0 makes all of them count."""
    spectrum = rl.Spectrum.power_law(1.0, 50)
    options = {"aspect_ratio": 2.0, "target": rl.LinearTarget()}
    once = rl.risk(spectrum, 0.0, **options).total
    assert rl.risk(spectrum, 0.0, masks_per_sample=2, **options).total == pytest.approx(once)
    assert rl.risk(spectrum, 1e-8, masks_per_sample=1, **options).total == pytest.approx(
        once, rel=1e-5
    )
    twice = rl.risk(spectrum, 1e-8, masks_per_sample=2, aspect_ratio=2.2, target=rl.LinearTarget())
    assert twice.total > 1.5 * once
    singular = [0.0, 1.0]
    bare = rl.risk(singular, 0.0, aspect_ratio=1.5, target=rl.LinearTarget()).total
    assert rl.risk(singular, 1e-8, aspect_ratio=1.5, target=rl.LinearTarget()).total > 1.4 * bare

"""Every case through every front, at one tolerance, against arithmetic with many digits."""

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

import ridgeless as rl
from tests.problems import CASES, Case
from tests.reference import reference, worst_error
from tests.tolerances import FRONTS, LINEAR_ALGEBRA


def by_spectrum(case: Case, **keywords: Any) -> rl.Risk:
    return rl.risk(case.eigenvalues, case.mask_ratio, target=case.target, **keywords)


def by_covariance(case: Case, **keywords: Any) -> rl.Risk:
    sigma, beta = covariance(case.eigenvalues, case.target)
    noise = case.target.signal_variance / case.target.snr
    return rl.covariance_risk(sigma, beta, case.mask_ratio, noise=noise, **keywords)


def by_degree_0(case: Case, **keywords: Any) -> rl.Risk:
    return rl.ratio_aware_risk(
        case.eigenvalues, case.mask_ratio, degree=0, target=case.target, **keywords
    )


def covariance(eigenvalues: Any, target: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return a covariance with these eigenvalues, twice each, and one diagonal entry; and beta.

    A circulant: cosine and sine of a frequency share an eigenvalue, and their squares add up to a
    constant; so do those of the two frequencies that have no sine.
    """
    size = 2 * len(eigenvalues)
    i = np.arange(size)
    basis = [np.ones(size), (-1.0) ** i]
    for k in range(1, len(eigenvalues)):
        angle = 2 * np.pi * k * i / size
        basis += [math.sqrt(2) * np.cos(angle), math.sqrt(2) * np.sin(angle)]
    axes = np.array(basis).T / math.sqrt(size)
    s = np.array(eigenvalues)
    sigma = (axes * np.repeat(s, 2)) @ axes.T
    power = 0.0 if target.alignment == "isotropic" else target.alignment
    mass = s**power
    mass *= target.signal_variance / (mass @ s)
    return (sigma + sigma.T) / 2, axes @ np.sqrt(np.repeat(mass, 2) / 2)


def always(_: Case) -> bool:
    return True


def fits_in_a_matrix(case: Case) -> bool:
    """Whether the target is linear, and rounding a matrix moves no variance of rows too much."""
    if not isinstance(case.target, rl.LinearTarget):
        return False
    s = np.array(case.eigenvalues)
    levels = [(1 - p) * s + p * s.mean() for p in case.scheme.ratios]
    smallest = min(level[level > 0].min() for level in levels)
    return bool(10 * np.finfo(float).eps * s.max() < FRONTS * smallest)


def has_one_mask_or_all(case: Case) -> bool:
    return case.scheme.masks in (1, math.inf)


#: Front: how it is asked, and whether it is meant for a case.
FRONT: dict[str, tuple[Callable[..., rl.Risk], Callable[[Case], bool]]] = {
    "risk": (by_spectrum, always),
    "covariance": (by_covariance, fits_in_a_matrix),
    "ratio-aware": (by_degree_0, has_one_mask_or_all),
}
PAIRS = [(case, front) for case in CASES for front in FRONT if FRONT[front][1](case)]


@cache
def exact(name: str) -> dict[str, Any]:
    case = next(case for case in CASES if case.name == name)
    ratio, keywords = case.arguments
    return reference(case.eigenvalues, ratio, case.target, **keywords)


@pytest.mark.parametrize(("case", "front"), PAIRS, ids=lambda x: str(x))
def test_every_front_gives_the_same(case: Case, front: str) -> None:
    rows = {} if case.rows is None else {"rows": case.rows}
    risk = FRONT[front][0](case, **rows | {"aspect_ratio": case.aspect_ratio} | case.options)
    assert worst_error(risk, exact(case.name)) < FRONTS
    assert min(risk.bias, risk.design_variance, risk.noise_variance) >= 0


@pytest.mark.parametrize("case", [x for x in CASES if fits_in_a_matrix(x)], ids=str)
def test_the_matrix_has_the_spectrum_the_diagonal_and_the_signal(case: Case) -> None:
    sigma, beta = covariance(case.eigenvalues, case.target)
    s = np.sort(case.eigenvalues)
    np.testing.assert_allclose(
        np.linalg.eigvalsh(sigma), np.repeat(s, 2), rtol=0, atol=LINEAR_ALGEBRA * s[-1]
    )
    np.testing.assert_allclose(np.diag(sigma), s.mean(), rtol=LINEAR_ALGEBRA)
    assert beta @ sigma @ beta == pytest.approx(case.target.signal_variance, rel=LINEAR_ALGEBRA)


def test_few_cases_are_left_out_of_a_front() -> None:
    asked = {front: {case.name for case, other in PAIRS if other == front} for front in FRONT}
    assert len(asked["risk"]) == len(CASES)
    linear = {case.name for case in CASES if isinstance(case.target, rl.LinearTarget)}
    assert linear - asked["covariance"] <= {
        "ill-conditioned, no noise",
        "plateau, unmasked",
        "four masks, hardly any masked, singular",
    }

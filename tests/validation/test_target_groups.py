"""Which columns are easy."""

from dataclasses import replace

import numpy as np

from tests import tolerances
from tests.validation import tiny
from validation.datasets.tokens import Tokens
from validation.target_groups import column_groups, linear_residuals


def correlated(sigma, channels=1, samples=4000):
    """Rows whose second moments are exactly `sigma`."""
    rows = np.random.default_rng(0).standard_normal((samples, len(sigma)))
    rows -= rows.mean(axis=0)
    rows = rows @ np.linalg.inv(np.linalg.cholesky(rows.T @ rows / samples)).T
    rows = rows @ np.linalg.cholesky(sigma).T
    cut = rows.reshape(samples, -1, channels).astype(np.float32)
    return Tokens("correlated", cut, cut, (1, cut.shape[1]))


def test_residuals_of_an_autoregression():
    rho = 0.8
    sigma = rho ** np.abs(np.subtract.outer(np.arange(9), np.arange(9)))
    inside, end = (1 - rho**2) / (1 + rho**2), 1 - rho**2
    expected = [end, *[inside] * 7, end]
    data = correlated(sigma)
    found = linear_residuals(data)[:, 0]
    np.testing.assert_allclose(found, expected, rtol=tolerances.STANDARDISED)
    groups = column_groups(data)
    assert groups["hard"][[0, 8]].all()
    assert not groups["easy"][[0, 8]].any()


def test_residuals_given_the_other_tokens_alone():
    # Values of one token are twins, and say nothing of the other token.
    sigma = np.kron(np.eye(2), [[1.0, 0.99], [0.99, 1.0]])
    found = linear_residuals(correlated(sigma, channels=2))
    np.testing.assert_allclose(found, 1.0, rtol=tolerances.STANDARDISED)
    # Twins in different tokens say all.
    found = linear_residuals(correlated(np.kron([[1.0, 0.99], [0.99, 1.0]], np.eye(2)), 2))
    np.testing.assert_allclose(found, 1 - 0.99**2, rtol=1e-3)


def test_columns_that_never_vary_are_in_no_group():
    data = tiny.values()
    used = np.ones((12, 2), bool)
    used[3] = False
    odd = replace(data, train=np.where(used, data.train, 0), used=used)
    assert np.isnan(linear_residuals(odd)[3]).all()
    groups = column_groups(odd)
    assert not groups["easy"][3].any()
    assert not groups["hard"][3].any()
    assert groups["easy"].sum() == groups["hard"].sum() == 8


def test_groups_of_symbols():
    rng = np.random.default_rng(0)
    drawn = rng.integers(4, size=(2000, 8))
    drawn[:, 1::2] = np.where(drawn[:, ::2] == 3, 3, rng.integers(3, size=(2000, 4)))
    drawn[:, ::2] = np.where(drawn[:, 1::2] == 3, 3, drawn[:, ::2])
    data = Tokens("pairs", drawn, drawn, (1, 8), 5)  # the last symbol never comes
    groups = column_groups(data)
    assert groups["easy"].shape == (5,)
    assert groups["easy"][3]
    assert not groups["hard"][3]
    assert not groups["easy"][4]
    assert not groups["hard"][4]

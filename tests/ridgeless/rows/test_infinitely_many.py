"""The marginalised medium against all of its rows written out as rows."""

import numpy as np
import pytest

from ridgeless.rows.infinitely_many import MarginalRows
from ridgeless.rows.primal import FeatureRows
from tests.tolerances import ROWS_DUAL


@pytest.mark.parametrize("labels", [np.arange(6), np.array([0, 1, 1, 0, 2, 2])])
def test_it_is_the_medium_of_its_rows(labels):
    rng = np.random.default_rng(0)
    rows, spread = rng.normal(size=(2, 8, 6))
    spread[:, 0] *= rng.random(8) < 0.5  # rows of zeros
    tests = rng.normal(size=(5, 6))
    space = MarginalRows(rows, spread, labels, tests, 0)
    own = np.where(labels == np.arange(space.groups)[:, None], spread[:, None], 0.0)
    written = np.concatenate([rows, own.reshape(-1, 6)])[:, None, :]
    plain = FeatureRows(written, tests, 0)
    np.testing.assert_allclose(space.norms, plain.norms, rtol=ROWS_DUAL)
    noise = rng.gamma(2.0, size=(len(written), 1, 1))
    one, other = space.at(noise, 0.3), plain.at(noise, 0.3)
    np.testing.assert_allclose(one.cavity, other.cavity, rtol=ROWS_DUAL, atol=1e-12)
    np.testing.assert_allclose(one.inverse_medium, other.inverse_medium, rtol=ROWS_DUAL)
    targets = np.zeros((len(written), 1, 2))
    targets[:8, 0] = rng.normal(size=(8, 2))
    residuals = one.residuals(targets)
    np.testing.assert_allclose(residuals, other.residuals(targets), rtol=ROWS_DUAL, atol=1e-12)
    weights = rng.normal(size=noise.shape)
    np.testing.assert_allclose(
        one.coupled(weights), other.coupled(weights), rtol=ROWS_DUAL, atol=1e-12
    )
    np.testing.assert_allclose(one.exposure, other.exposure, rtol=ROWS_DUAL, atol=1e-12)
    np.testing.assert_allclose(
        one.predictions(targets, residuals), other.predictions(targets, residuals), rtol=ROWS_DUAL
    )


def test_a_sample_is_left_out_with_all_of_its_rows():
    rng = np.random.default_rng(1)
    rows, spread = rng.normal(size=(2, 8, 6))
    noise = rng.gamma(2.0, size=(56, 1, 1))
    tests, y = rng.normal(size=(8, 6)), rng.normal(size=8)
    medium = MarginalRows(rows, spread, np.arange(6), tests, 8).at(noise, 0.3)
    targets = np.zeros((56, 1, 1))
    targets[:8, 0, 0] = y
    found = medium.predictions(targets, medium.residuals(targets))[:, 0]
    mean, own = noise[:8, 0, 0], noise[8:].reshape(8, 6)
    for i in range(8):
        kept = np.arange(8) != i
        lhs = 0.3 * np.eye(6) + rows[kept].T @ (rows[kept] / mean[kept, None])
        lhs += np.diag((spread[kept] ** 2 / own[kept]).sum(axis=0))
        b = np.linalg.solve(lhs, rows[kept].T @ (y[kept] / mean[kept]))
        assert found[i] == pytest.approx(tests[i] @ b, rel=ROWS_DUAL)

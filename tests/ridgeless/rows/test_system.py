"""One regression on rows: exact at n = M, unbiased below, the same by features and by kernel."""

import numpy as np
import pytest

from ridgeless.rows.primal import FeatureRows
from ridgeless.rows.system import System
from tests.ridgeless.rows import brute
from tests.tolerances import (
    LINEAR_ALGEBRA,
    MONTE_CARLO_Z,
    ROWS_DUAL,
    ROWS_FINITE_SIZE,
    ROWS_NAIVE,
)

CASES = [(1, 0.0, 25), (1, 0.3, 25), (1, 0.0, 100), (1, 0.3, 100), (1, 0.3, 45), (3, 0.0, 25),
         (3, 0.3, 25), (3, 0.0, 300), (3, 0.3, 300)]  # fmt: skip


@pytest.mark.parametrize(("masks", "ridge", "features"), CASES)
@pytest.mark.parametrize("left_out", [False, True])
def test_all_samples_are_plain_ridge_regression(masks, ridge, features, left_out):
    """At n = M no equivalent is left: one fit on all rows, or one without each sample."""
    rows, targets, whole, answers = brute.blocks(0, masks=masks, features=features)
    if left_out:
        tests, wanted = whole, brute.left_out_errors(
            rows, targets, whole, answers, len(rows) * ridge
        )  # fmt: skip
    else:
        tests = np.random.default_rng(1).normal(size=(60, features))
        b = brute.fit(rows.reshape(-1, features), targets.reshape(-1, 2), len(rows) * ridge)
        wanted = (answers - tests @ b) ** 2
    found = brute.system(rows, targets, tests, answers, left_out=left_out).risk(len(rows), ridge)
    assert (found.shares == 0).all()
    np.testing.assert_allclose(found.risk, wanted.mean(axis=0), rtol=LINEAR_ALGEBRA)
    np.testing.assert_allclose(found.errors, wanted, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(("masks", "ridge", "features"), [x for x in CASES if x[2] < 50])
@pytest.mark.parametrize("samples", [12, 40])
def test_features_and_kernel_agree(masks, ridge, features, samples):
    given = brute.blocks(2, masks=masks, features=features)
    primal = brute.system(*given).risk(samples, ridge)
    dual = brute.system(*given, dual=True).risk(samples, ridge)
    np.testing.assert_allclose(primal.risk, dual.risk, rtol=ROWS_DUAL)
    np.testing.assert_allclose(primal.shares, dual.shares, rtol=ROWS_DUAL, atol=1e-12)
    assert primal.effective_ridge == pytest.approx(dual.effective_ridge, rel=ROWS_DUAL, abs=1e-12)
    assert primal.gain == pytest.approx(dual.gain, rel=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("masks", [1, 4])
@pytest.mark.parametrize("ridge", [0.0, 0.2])
@pytest.mark.parametrize("samples", [20, 60])
def test_it_is_the_mean_over_subsets_of_the_rows(masks, ridge, samples):
    given = brute.blocks(3, samples=200, masks=masks, features=40 if samples == 20 else 30)
    found = brute.system(*given).risk(samples, ridge)
    mean, error = brute.subset_risk(
        *given, samples=samples, penalty=samples * ridge, trials=400, seed=4
    )
    assert (
        abs(found.risk - mean) < MONTE_CARLO_Z * error + ROWS_FINITE_SIZE / samples * mean
    ).all()


def test_independent_rows_of_one_sample_are_not_the_same_thing():
    """Negative control: four masks of a sample taken for four samples."""
    given = brute.blocks(5, samples=200, masks=4, features=40)
    rows, targets, whole, answers = given
    mean, error = brute.subset_risk(*given, samples=20, penalty=0.02, trials=400, seed=6)
    apart = System(
        FeatureRows(2 * rows.reshape(800, 1, 40), whole, 0),
        2 * targets.reshape(800, 1, 2), answers, 800,
    )  # fmt: skip
    off = apart.risk(80, 1e-3).risk - mean
    assert (abs(off) > ROWS_NAIVE * mean + MONTE_CARLO_Z * error).all()
    found = brute.system(*given).risk(20, 1e-3).risk
    assert (abs(found - mean) < MONTE_CARLO_Z * error + ROWS_FINITE_SIZE / 20 * mean).all()


def test_without_correcting_for_the_sampled_rows_it_is_biased():
    """Negative control: averages over M rows in place of the population's, n' = n, nothing else."""
    rows, targets, whole, answers = brute.blocks(7, samples=80, features=60)
    mean, error = brute.subset_risk(
        rows, targets, whole, answers, samples=40, penalty=40 * 0.05, trials=600, seed=8
    )
    phi, y = rows[:, 0], targets[:, 0]
    weight = np.ones(80)
    for _ in range(200):
        resolvent = np.linalg.inv(np.eye(60) + phi.T @ (weight[:, None] * phi) / 80)
        weight = 1 / (0.05 + np.einsum("ij,jk,ik->i", phi, resolvent, phi) / 40)
    b = resolvent @ phi.T @ (weight[:, None] * y) / 80
    bilinear = (phi @ resolvent @ phi.T) ** 2 * weight**2 / (40 * 80)
    rho = np.linalg.solve(np.eye(80) - bilinear, (y - phi @ b) ** 2)
    reach = ((whole @ resolvent @ phi.T) ** 2 * weight**2).mean(axis=0) / (40 * 80)
    naive = ((answers - whole @ b) ** 2).mean(axis=0) + reach @ rho
    found = brute.system(rows, targets, whole, answers).risk(40, 0.05).risk
    assert (abs(naive / mean - 1) > ROWS_NAIVE).all()
    assert (abs(found - mean) < MONTE_CARLO_Z * error + ROWS_FINITE_SIZE / 40 * mean).all()


def test_one_effective_ridge_for_all_rows_is_wrong():
    """Negative control: rows that keep much and little, pooled."""
    rng = np.random.default_rng(9)
    whole = rng.normal(size=(400, 40))
    keep = rng.random((400, 1, 40)) < rng.choice([0.05, 0.9], size=(400, 1, 1))
    answers = whole @ rng.normal(size=(40, 2))
    given = keep * whole[:, None], answers[:, None], whole, answers
    mean, error = brute.subset_risk(*given, samples=36, penalty=36 * 0.02, trials=600, seed=10)
    found = brute.system(*given).risk(36, 0.02).risk
    assert (abs(found - mean) < MONTE_CARLO_Z * error + ROWS_FINITE_SIZE / 36 * mean).all()

    # Gaussian rows with the same second moments, together with y: one class.
    rows, y = given[0][:, 0], answers
    both = np.concatenate([rows, y], axis=1)
    root = np.linalg.cholesky(both.T @ both / 400 + 1e-9 * np.eye(42))
    drawn = rng.normal(size=(2000, 42)) @ root.T
    pooled = System(
        FeatureRows(drawn[:, None, :40], whole, 0), drawn[:, None, 40:], answers, 2000
    )  # fmt: skip
    assert (abs(pooled.risk(36, 0.02).risk / mean - 1) > ROWS_NAIVE).all()


def test_more_rows_than_directions_and_as_many():
    rows, targets, whole, answers = brute.blocks(11, samples=50, features=20)
    here = brute.system(rows, targets, whole, answers)
    assert np.isinf(here.risk(20, 0.0).risk).all()
    assert np.isfinite(here.risk(20, 1e-3).risk).all()
    low = rows @ np.diag(np.arange(20) < 8.0)  # rank 8
    assert np.isinf(brute.system(low, targets, whole, answers).risk(8, 0.0).risk).all()
    found = brute.system(low, targets, whole, answers).risk(15, 0.0).risk
    near = brute.system(low, targets, whole, answers).risk(15, 1e-9).risk
    np.testing.assert_allclose(found, near, rtol=1e-5)
    dual = brute.system(low, targets, whole, answers, dual=True).risk(15, 0.0).risk
    np.testing.assert_allclose(found, dual, rtol=ROWS_DUAL)


def test_rows_of_zeros_count_as_samples():
    rows, targets, whole, answers = brute.blocks(12, samples=50, features=20)
    padded = np.concatenate([rows, np.zeros((10, 1, 20))])
    more = np.concatenate([targets, np.ones((10, 1, 2))])
    whole_system = System(FeatureRows(padded, whole, 0), more, answers, 60)
    fewer = System(FeatureRows(rows, whole, 0), targets, answers, 60)
    for ridge in (0.0, 0.2):
        np.testing.assert_allclose(
            whole_system.risk(30, ridge).risk, fewer.risk(30, ridge).risk, rtol=ROWS_DUAL
        )
    nothing = System(FeatureRows(0 * rows, whole, 50), targets, answers, 50)
    np.testing.assert_array_equal(nothing.risk(30, 0.0).risk, (answers**2).mean(axis=0))


def test_repeated_rows_of_a_sample_are_one():
    rows, targets, whole, answers = brute.blocks(13, samples=50, features=20)
    twice = np.repeat(rows, 2, axis=1) / 2**0.5, np.repeat(targets, 2, axis=1) / 2**0.5
    for ridge in (0.0, 0.2):
        for dual in (False, True):
            one = brute.system(rows, targets, whole, answers).risk(12, ridge).risk
            both = brute.system(*twice, whole, answers, dual=dual).risk(12, ridge).risk
            np.testing.assert_allclose(one, both, rtol=ROWS_DUAL)


def test_many_targets_share_one_solve_and_a_start_changes_nothing():
    rows, targets, whole, answers = brute.blocks(14)
    both = brute.system(rows, targets, whole, answers).risk(30, 0.1)
    for number in range(2):
        one = [number]
        alone = brute.system(rows, targets[..., one], whole, answers[:, one])
        assert alone.risk(30, 0.1).risk[0] == pytest.approx(both.risk[number], rel=LINEAR_ALGEBRA)
    again = brute.system(rows, targets, whole, answers).risk(30, 0.1, both.logarithms)
    np.testing.assert_allclose(again.risk, both.risk, rtol=ROWS_DUAL)
    assert both.residual < 1e-9

"""One regression on rows: exact at n = M, unbiased below, the same by features and by kernel."""

from dataclasses import replace

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
    ROWS_HELMERT,
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


def held_out(rows, targets, tests, answers, samples, penalty, seed):
    """Mean risk of fits on random subsets, on other rows, and its error."""
    rng, errors = np.random.default_rng(seed), []
    for _ in range(400):
        inside = rng.permutation(len(rows))[:samples]
        some = rows[inside].reshape(-1, rows.shape[-1])
        b = brute.fit(some, targets[inside].reshape(len(some), -1), penalty)
        errors.append(((answers - tests @ b) ** 2).mean(axis=0))
    return np.mean(errors, axis=0), np.std(errors, axis=0) / 20


def test_independent_rows_of_one_sample_are_not_the_same_thing():
    """Negative control: four masks of a sample taken for four samples."""
    rows, targets, whole, answers = brute.blocks(5, samples=1200, masks=4, features=40)
    given = rows[:200], targets[:200], whole[200:], answers[200:]
    mean, error = held_out(*given, samples=20, penalty=0.02, seed=6)
    found = brute.system(*given, left_out=False).risk(20, 1e-3).risk
    assert (abs(found - mean) < MONTE_CARLO_Z * error + ROWS_FINITE_SIZE / 20 * mean).all()
    apart = System(
        FeatureRows(2 * given[0].reshape(800, 1, 40), given[2], 0),
        2 * given[1].reshape(800, 1, 2), given[3], 800,
    )  # fmt: skip
    off = apart.risk(80, 1e-3).risk - mean
    assert (abs(off) > ROWS_NAIVE * mean + MONTE_CARLO_Z * error).all()


def test_without_correcting_for_the_sampled_rows_it_is_biased():
    """Negative control: averages over M rows in place of the population's, n' = n, nothing else."""
    rows, targets, whole, answers = brute.blocks(7, samples=1080, features=60)
    given = rows[:80], targets[:80], whole[80:], answers[80:]
    mean, error = held_out(*given, samples=50, penalty=50 * 0.01, seed=8)
    phi, y = given[0][:, 0], given[1][:, 0]
    weight = np.ones(80)
    for _ in range(400):
        resolvent = np.linalg.inv(np.eye(60) + phi.T @ (weight[:, None] * phi) / 80)
        weight = 1 / (0.01 + np.einsum("ij,jk,ik->i", phi, resolvent, phi) / 50)
    b = resolvent @ phi.T @ (weight[:, None] * y) / 80
    bilinear = (phi @ resolvent @ phi.T) ** 2 * weight**2 / (50 * 80)
    rho = np.linalg.solve(np.eye(80) - bilinear, (y - phi @ b) ** 2)
    reach = ((given[2] @ resolvent @ phi.T) ** 2 * weight**2).mean(axis=0) / (50 * 80)
    naive = ((given[3] - given[2] @ b) ** 2).mean(axis=0) + reach @ rho
    found = brute.system(*given, left_out=False).risk(50, 0.01).risk
    assert (abs(naive - mean) > np.maximum(ROWS_NAIVE * mean, MONTE_CARLO_Z * error)).all()
    assert (abs(found - mean) < MONTE_CARLO_Z * error + ROWS_FINITE_SIZE / 50 * mean).all()


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


def test_how_many_rows_count_is_random():
    """Few rows, near as many as features: the mean over their number is not its middle."""
    rng = np.random.default_rng(15)
    whole = rng.normal(size=(400, 12))
    answers = whole @ rng.normal(size=(12, 2)) + 2 * rng.normal(size=(400, 2))
    counted = rng.random(400) < 0.3
    rows, targets = (counted[:, None] * x for x in (whole, answers))
    given = rows[:, None], targets[:, None], whole, answers
    mean, error = brute.subset_risk(*given, samples=80, penalty=0.4, trials=2000, seed=16)
    share = counted.mean()
    here = System(
        FeatureRows(rows[counted][:, None], np.concatenate([whole[counted], whole[~counted]]),
                    counted.sum()),
        targets[counted][:, None], np.concatenate([answers[counted], answers[~counted]]), 400,
        share, (1 - share) / share,
    )  # fmt: skip
    found = here.risk(80, 0.4 / 80 / share)
    middle = replace(here, scatter=0.0).risk(80, 0.4 / 80 / share)
    assert (abs(found.risk - mean) < MONTE_CARLO_Z * error + ROWS_FINITE_SIZE / 80 * mean).all()
    assert (middle.risk < found.risk * 0.99).all()
    exact = [system.risk(400, 0.1).risk for system in (here, replace(here, scatter=0.0))]
    np.testing.assert_array_equal(exact[0], exact[1])  # all samples have the rows they have


def test_directions_that_few_rows_have_are_a_limit():
    """No ridge, more rows than directions, and some directions in fewer rows than they need."""
    rng = np.random.default_rng(17)
    whole = rng.normal(size=(60, 12)) * (
        rng.random((60, 12)) < np.where(np.arange(12) < 6, 0.05, 1)
    )
    whole[:3, :6] += np.eye(6)[:3]
    answers = whole @ np.ones((12, 1)) + rng.normal(size=(60, 1))
    here = brute.system(whole[:, None], answers[:, None], whole, answers)
    found = here.risk(20, 0.0).risk
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, here.risk(20, 1e-10).risk, rtol=0.01)


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


def test_blocks_are_what_their_helmert_modes_are_to_leading_order():
    """K masks of a sample, turned to a mean and differences, taken for K samples."""
    rng = np.random.default_rng(18)
    whole = rng.normal(size=(1200, 40))
    answers = whole @ rng.normal(size=(40, 2)) + rng.normal(size=(1200, 2))
    train, tests = whole[:200], whole[200:]
    rows = (rng.random((200, 4, 40)) < 0.6) * train[:, None] / 2
    targets = np.repeat(answers[:200, None], 4, axis=1) / 2
    helmert = np.linalg.qr(np.concatenate([np.ones((4, 1)), np.eye(4)[:, 1:]], axis=1))[0].T
    turned = 2 * (helmert @ rows).reshape(800, 1, 40)
    turned_targets = 2 * (helmert @ targets).reshape(800, 1, 2)
    for ridge in (0.0, 0.2):
        block = brute.system(rows, targets, tests, answers[200:], left_out=False).risk(60, ridge)
        modes = System(FeatureRows(turned, tests, 0), turned_targets, answers[200:], 800)
        np.testing.assert_allclose(modes.risk(240, ridge).risk, block.risk, rtol=ROWS_HELMERT)

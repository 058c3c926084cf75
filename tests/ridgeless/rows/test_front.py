"""The public functions of the engine of rows: what they mean, and what they refuse."""

import math
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ridgeless as rl
from tests.ridgeless.rows import brute
from tests.tolerances import (
    LINEAR_ALGEBRA,
    MONTE_CARLO_Z,
    ROWS_DUAL,
    ROWS_FINITE_SIZE,
    ROWS_SAMPLED_MASKS,
)

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 12)) * RNG.gamma(2.0, 0.5, size=(60, 1)) @ np.diag(np.arange(1, 13) ** 0.3)
X[:, 1:] += X[:, [0]]
Y = X @ RNG.normal(size=(12, 2)) + RNG.normal(size=(60, 2))
WEIGHTS = np.random.default_rng(3).normal(size=(12, 40)) / 12**0.5
TEST = RNG.normal(size=(30, 12)), RNG.normal(size=(30, 2))


def seen(masks, X, fill, ratio):
    scale = 1 / (1 - ratio) if fill == "rescale" else 1.0
    return np.stack([scale * np.where(hidden, 0.0, X) for hidden in masks], axis=1)


@pytest.mark.parametrize("masks", [1, 3])
@pytest.mark.parametrize("ridge", [0.0, 0.1])
@pytest.mark.parametrize("fill", ["zero", "rescale"])
def test_all_samples_are_ridge_regression_on_these_masked_rows(masks, ridge, fill):
    mask = brute.Recorder(0.4)
    options = {"masks_per_sample": masks, "ridge": ridge, "fill": fill, "mask": mask,
               "replicates": 1}  # fmt: skip
    found = rl.rows_risk(X, 0.4, target=Y, test=TEST, **options)
    rows = seen(mask.drawn, X, fill, 0.4)
    targets = np.repeat(Y[:, None], masks, axis=1)
    b = brute.fit(rows.reshape(-1, 12), targets.reshape(-1, 2), 60 * masks * ridge)
    wanted = ((TEST[1] - TEST[0] @ b) ** 2).mean(axis=0)
    np.testing.assert_allclose(found.per_target, wanted, rtol=LINEAR_ALGEBRA)
    assert found.prediction_error == pytest.approx(wanted.mean(), rel=LINEAR_ALGEBRA)
    mask.drawn.clear()
    left_out = rl.rows_risk(X, 0.4, target=Y, **options)
    rows = seen(mask.drawn, X, fill, 0.4)
    errors = brute.left_out_errors(rows, targets, X, Y, 60 * masks * ridge)
    np.testing.assert_allclose(left_out.per_target, errors.mean(axis=0), rtol=LINEAR_ALGEBRA)


@pytest.mark.parametrize("masks", [1, 3])
@pytest.mark.parametrize("ridge", [0.0, 0.1])
def test_every_feature_in_turn_from_rows_in_which_it_is_masked(masks, ridge):
    mask = brute.Recorder(0.5)
    found = rl.rows_risk(X, 0.5, ridge=ridge, masks_per_sample=masks, mask=mask, replicates=1)
    rows = seen(mask.drawn, X, "zero", 0.5)
    hidden = np.stack(mask.drawn, axis=1)
    wanted = []
    for column in range(12):
        counted = hidden[:, :, column]
        tests = X.copy()
        tests[:, column] = 0
        errors = []
        for i in range(60):
            use = counted & (np.arange(60) != i)[:, None]
            y = np.repeat(X[:, column, None], masks, axis=1)[use]
            b = brute.fit(rows[use], y, ridge * counted.sum())
            errors.append((X[i, column] - tests[i] @ b) ** 2)
        wanted.append(np.mean(errors))
    np.testing.assert_allclose(found.per_target, wanted, rtol=LINEAR_ALGEBRA)
    assert found.targets == tuple(range(12))
    assert found.null == pytest.approx((X**2).mean(), rel=LINEAR_ALGEBRA)


def marginal_fit(rows, targets, moments, penalty, groups):
    square, cross, own = moments
    gram = rows.T @ rows
    together = groups[:, None] == groups
    lhs = square * gram + own * gram * together + penalty * np.eye(len(groups))
    return np.linalg.solve(lhs, cross * rows.T @ targets)


LAW = rl.DiscreteRatio([0.2, 0.7], [1, 2], loss_weights=[1.0, 3.0])


@pytest.mark.parametrize("groups", [None, np.arange(12) // 3])
@pytest.mark.parametrize("fill", ["zero", "rescale"])
@pytest.mark.parametrize("law", [0.4, LAW], ids=str)
def test_infinitely_many_masks_of_all_samples_are_a_penalty(law, groups, fill):
    masking = rl.Masking(law, masks_per_sample=math.inf, groups=groups, fill=fill)
    labels = np.arange(12) if groups is None else groups
    p = np.array([0.4]) if law == 0.4 else np.array([0.2, 0.7])
    weight = np.ones(1) if law == 0.4 else np.array([1.0, 6.0]) / 3
    s = 1 / (1 - p) if fill == "rescale" else np.ones_like(p)
    q = 1 - p
    moments = [weight @ (q * s) ** 2, weight @ (q * s), weight @ (q * p * s**2)]
    found = rl.rows_risk(X, masking, target=Y, test=TEST, ridge=0.1)
    wanted = TEST[1] - TEST[0] @ marginal_fit(X, Y, moments, 6.0, labels)
    np.testing.assert_allclose(found.per_target, (wanted**2).mean(axis=0), rtol=LINEAR_ALGEBRA)
    left_out = rl.rows_risk(X, masking, target=Y, ridge=0.1)
    errors = []
    for i in range(60):
        kept = np.arange(60) != i
        errors.append((Y[i] - X[i] @ marginal_fit(X[kept], Y[kept], moments, 6.0, labels)) ** 2)
    np.testing.assert_allclose(left_out.per_target, np.mean(errors, axis=0), rtol=LINEAR_ALGEBRA)
    assert found.replicates == 1  # nothing is random


def test_infinitely_many_masks_with_the_target_masked():
    """Ratios of the rows that count are tilted by p; the target's group is not seen."""
    law, groups = rl.DiscreteRatio([0.2, 0.7]), np.arange(12) // 3
    masking = rl.Masking(law, masks_per_sample=math.inf, groups=groups)
    found = rl.rows_risk(X, masking, targets=[4])
    p, weight = np.array([0.2, 0.7]), np.array([0.2, 0.7]) / 0.9
    moments = [weight @ (1 - p) ** 2, weight @ (1 - p), weight @ ((1 - p) * p)]
    inputs = X.copy()
    inputs[:, 3:6] = 0.0
    errors = []
    for i in range(60):
        kept = np.arange(60) != i
        b = marginal_fit(inputs[kept], X[kept, 4], moments, 1e-9, groups)
        errors.append((X[i, 4] - inputs[i] @ b) ** 2)
    assert found.prediction_error == pytest.approx(np.mean(errors), rel=1e-7)


def test_sampled_masks_stand_for_infinitely_many():
    """Features that happen to be linear, and are not known to be."""
    exact = rl.rows_risk(X, 0.4, target=Y, masks_per_sample=math.inf, ridge=0.1, samples=30)
    sampled = rl.rows_risk(X, 0.4, target=Y, masks_per_sample=math.inf, ridge=0.1, samples=30,
                           features=lambda rows: rows, rng=0)  # fmt: skip
    np.testing.assert_allclose(sampled.per_target, exact.per_target, rtol=ROWS_SAMPLED_MASKS)
    assert any("32 masks of each sample" in text for text in sampled.diagnostics)
    assert not any("32 masks of each sample" in text for text in exact.diagnostics)
    turns = [rl.rows_risk(X, 0.4, masks_per_sample=math.inf, ridge=0.1, samples=30, rng=0, **kw)
             for kw in ({}, {"features": lambda rows: rows})]  # fmt: skip
    assert turns[1].prediction_error == pytest.approx(
        turns[0].prediction_error, rel=ROWS_SAMPLED_MASKS
    )


@pytest.mark.parametrize("features", [None, lambda rows: rows])
def test_infinitely_many_masks_that_hide_nothing_are_one(features):
    """Without a ridge, and with fewer samples than features too."""
    for n in (5, 40):
        many = rl.rows_risk(X, 0.0, target=Y, samples=n, masks_per_sample=math.inf,
                            features=features)  # fmt: skip
        one = rl.rows_risk(X, 0.0, target=Y, samples=n)
        np.testing.assert_allclose(many.per_target, one.per_target, rtol=ROWS_DUAL)
    nothing = rl.rows_risk(X, 0.0, masks_per_sample=math.inf)
    assert nothing.prediction_error == pytest.approx(nothing.null)


def test_interpolation_without_a_sample_in_closed_form():
    """[K^-1 y]_i / [K^-1]_ii, where min-norm regression fits all rows."""
    wide = np.random.default_rng(1).normal(size=(20, 30))
    y = wide @ np.ones(30)
    inverse = np.linalg.inv(wide @ wide.T)
    found = rl.rows_risk(wide, 0.0, target=y)
    wanted = np.mean((inverse @ y / np.diag(inverse)) ** 2)
    assert found.prediction_error == pytest.approx(wanted, rel=LINEAR_ALGEBRA)
    kernel = rl.rows_risk(wide, 0.0, target=y, kernel=lambda a, b: a @ b.T)
    assert kernel.prediction_error == pytest.approx(wanted, rel=LINEAR_ALGEBRA)


@pytest.mark.slow
def test_on_gaussian_rows_it_is_the_risk_of_their_spectrum():
    """As populations grow, at the same number of samples: nothing is left but noise."""
    d, n = 60, 90
    spectrum = rl.Spectrum.power_law(0.7, d)
    rng = np.random.default_rng(2)
    vectors = np.linalg.qr(rng.normal(size=(d, d)))[0]
    beta = vectors @ rng.normal(size=(d, 300))
    root = vectors * np.sqrt(spectrum.eigenvalues)
    beta /= np.sqrt(((root.T @ beta) ** 2).sum(axis=0))
    theory = rl.risk(spectrum, 0.4, aspect_ratio=d / n, ridge=0.05, target=rl.LinearTarget(snr=4.0))
    for rows in (400, 1600, 6400):
        table = rng.normal(size=(rows, d)) @ root.T
        y = table @ beta + 0.5 * rng.normal(size=(rows, 300))
        found = rl.rows_risk(table, 0.4, target=y, samples=n, ridge=0.05, rng=0,
                             population=rows // 4)  # fmt: skip
        off = abs(found.prediction_error - theory.prediction_error)
        allowed = ROWS_FINITE_SIZE / n * theory.prediction_error
        assert off < MONTE_CARLO_Z * found.standard_error + allowed
        assert found.diagnostics == () or rows == 400


@pytest.mark.slow
@pytest.mark.parametrize("features", [None, lambda rows: np.maximum(rows @ WEIGHTS, 0.0)])
def test_a_learning_curve_is_that_of_subsets(features):
    table = X if features is None else features(X)
    samples = np.array([6, 20, 40])
    found = rl.learning_curve(X, Y, samples, ridge=0.1, features=features)
    for number, n in enumerate(samples):
        mean, error = brute.subset_risk(
            table[:, None], Y[:, None], table, Y, samples=n, penalty=0.1 * n, trials=500, seed=3
        )
        off = abs(found.per_target[number] - mean)
        assert (off < MONTE_CARLO_Z * error + ROWS_FINITE_SIZE / n * mean).all()


def test_cells_share_rows_and_masks():
    """An array is as if each cell had been asked for alone, with the same randomness."""
    grid = rl.rows_risk(X, [[0.2], [0.6]], target=Y, samples=[10, 20, 30], ridge=0.1,
                        population=40, rng=5)  # fmt: skip
    assert np.shape(grid.prediction_error) == (2, 3)
    assert grid.per_target.shape == (2, 3, 2)
    assert grid.row_weight.shape == (2, 3, 60)
    for place, ratio in enumerate((0.2, 0.6)):
        alone = rl.rows_risk(X, ratio, target=Y, samples=30, ridge=0.1, population=40, rng=5)
        assert alone.prediction_error == pytest.approx(
            grid.prediction_error[place, 2], rel=ROWS_DUAL
        )
    table = grid.to_frame()
    assert table["samples"].tolist() == [10, 20, 30] * 2
    assert table["mask_ratio"].tolist() == [0.2] * 3 + [0.6] * 3


def test_the_variance_is_shared_out_among_the_rows():
    found = rl.rows_risk(X, 0.3, target=Y, samples=30, ridge=0.1, test=TEST, replicates=1, rng=0)
    assert (found.row_weight >= 0).all()
    assert 0 < found.row_weight.sum() < found.prediction_error


@given(seed=st.integers(0, 2**32), masks=st.sampled_from([1, 2, math.inf]),
       ridge=st.sampled_from([0.0, 0.3]), n=st.integers(5, 50),
       target=st.sampled_from(["labels", "column", "all"]))  # fmt: skip
@settings(max_examples=25)
def test_what_changes_nothing(seed, masks, ridge, n, target):
    """Order, scale, a feature of zeros, a label once more: masks that the rows' content decides."""
    if abs(n * masks - 12) < 4 or (target == "all" and ridge == 0):
        ridge = 0.3
    rng = np.random.default_rng(seed)
    mask = {1: brute.by_content, 2: brute.TwoByContent(), math.inf: None}[masks]
    options = {"samples": n, "masks_per_sample": masks, "mask": mask, "replicates": 1}

    def risk(X, y, ridge, **more):
        named = {"labels": y, "column": 3, "all": None}[target]
        if target == "all":
            more = {"targets": [0, 3]} | more
        return rl.rows_risk(X, 0.4, target=named, ridge=ridge, **options, **more).per_target

    before = risk(X, Y, ridge)
    order = rng.permutation(60)
    np.testing.assert_allclose(risk(X[order], Y[order], ridge), before, rtol=ROWS_DUAL)
    c = float(rng.choice([1e-3, 7.0]))
    gain = 1.0 if target == "labels" else c**2
    np.testing.assert_allclose(risk(c * X, Y, c**2 * ridge), gain * before, rtol=ROWS_DUAL)
    wider = np.concatenate([X, np.zeros((60, 1))], axis=1)
    np.testing.assert_allclose(risk(wider, Y, ridge), before, rtol=ROWS_DUAL)
    if target == "labels":
        more = risk(X, np.concatenate([Y, Y[:, :1]], axis=1), ridge)
        np.testing.assert_allclose(more, before[[0, 1, 0]], rtol=ROWS_DUAL)


def test_names_shapes_and_subsets():
    table = pd.DataFrame(X, columns=[f"gene {k}" for k in range(12)])
    named = rl.rows_risk(table, 0.4, target="gene 3", ridge=0.1, rng=0)
    assert (
        named.prediction_error == rl.rows_risk(X, 0.4, target=3, ridge=0.1, rng=0).prediction_error
    )
    some = rl.rows_risk(table, 0.4, targets=["gene 3", "gene 5"], ridge=0.1, rng=0)
    assert some.targets == (3, 5)
    assert any("2 of 12 features" in text for text in some.diagnostics)
    square = np.concatenate([X, X[:, :4]], axis=1)
    for shape in ("spans:4", "blocks:2x2", "tubes", "importance"):
        found = rl.rows_risk(square, 0.4, target=Y, ridge=0.1, mask=shape, rng=0)
        assert 0 < found.prediction_error < math.inf
    tiles = rl.rows_risk(square, 0.4, target=Y, ridge=0.1, mask="blocks:1x4", rng=0)
    groups = rl.Masking(0.4, groups=np.arange(16) // 4)
    same = rl.rows_risk(square, groups, target=Y, ridge=0.1, rng=0)
    assert tiles.prediction_error == same.prediction_error


def test_the_edges_of_every_argument():
    """Numbers or sentences: no nan, no warning, whatever the scale, ridge, ratio and samples."""
    rng = np.random.default_rng(4)
    for _ in range(120):
        size, d = int(rng.integers(2, 25)), int(rng.integers(1, 8))
        X = rng.normal(size=(size, d)) * 10.0 ** rng.integers(-6, 6)
        X[:, rng.integers(d)] *= rng.integers(2)
        X[-1] = X[0] if rng.random() < 0.2 else X[-1]
        ratios = [0.0, 0.3, 1.0, rl.UniformRatio(0, 1), rl.DiscreteRatio([0.2, 1.0])]
        options: dict[str, Any] = {
            "target": [None, int(rng.integers(d)), rng.normal(size=(size, 2))][rng.integers(3)],
            "samples": int(rng.integers(1, size + 1)),
            "ridge": [0.0, 1e-9, 0.1, 1e6][rng.integers(4)],
            "masks_per_sample": [1, 3, math.inf][rng.integers(3)],
            "fill": ["zero", "rescale"][rng.integers(2)],
            "test_mask_ratio": [0.0, 0.5, 1.0][rng.integers(3)],
            "mask": [None, "importance", "spans:2"][rng.integers(3 if d > 2 else 2)],
            "replicates": 1,
        }
        if rng.random() < 0.3 and options["masks_per_sample"] < math.inf:
            options["kernel"] = lambda a, b: a @ b.T + 1
        # With next to no ridge a sentence may take the place of a number.
        with suppress(*[rl.ConvergenceError] * (options["ridge"] < 0.1)):
            found = rl.rows_risk(X, ratios[rng.integers(5)], rng=rng, **options)
            for name in ("prediction_error", "standard_error", "null", "row_weight", "per_target"):
                assert (np.asarray(getattr(found, name)) >= 0).all(), name


def test_masked_tests():
    """A test ratio masks test rows: at 1 nothing is seen."""
    blind = rl.rows_risk(X, 0.4, target=Y, ridge=0.1, test_mask_ratio=1.0, rng=0)
    assert blind.prediction_error == pytest.approx(blind.null, rel=LINEAR_ALGEBRA)
    some = rl.rows_risk(X, 0.4, target=Y, ridge=0.1, test_mask_ratio=0.5, rng=0)
    assert some.prediction_error != blind.prediction_error


def test_sentences():
    said = rl.rows_risk(np.concatenate([X, X]), 0.3, target=0, ridge=0.1).diagnostics
    assert any("60 of 120 rows repeat another" in text for text in said)
    series = np.cumsum(np.random.default_rng(0).normal(size=(200, 5)), axis=0)
    said = rl.rows_risk(series, 0.3, target=0, ridge=0.1).diagnostics
    assert any("resemble each other" in text for text in said)
    said = rl.rows_risk(X, 0.0, target=Y, samples=13, ridge=1e-9).diagnostics
    assert any("Near the threshold" in text for text in said)
    said = rl.rows_risk(X, 0.0, target=Y, samples=12).diagnostics
    assert any("infinite" in text for text in said)
    said = rl.rows_risk(X, 0.3, target=Y, samples=30, ridge=0.1, replicates=2).diagnostics
    assert any("2 populations" in text for text in said)
    assert any("60 rows for 30 samples" in text for text in said)


BAD = {
    "finite": {"X": np.where(np.arange(12) == 3, np.inf, X)},
    "missing": {"X": np.where(np.arange(12) == 3, np.nan, X)},
    "table": {"X": X[0]},
    "at least 2 rows": {"X": X[:1]},
    "1 to 60": {"samples": 61},
    "to 60, the rows": {"samples": 0},
    "got 2.5": {"samples": 2.5},
    "population": {"samples": 30, "population": 20},
    "mask_ratio": {"mask_ratio": 1.5},
    "ridge": {"ridge": -1.0},
    "broadcast": {"mask_ratio": [0.1, 0.2], "samples": [1, 2, 3]},
    "label": {"target": Y[:-1]},
    "columns of X": {"target": 12},
    "no column names": {"target": "gene"},
    "must be None beside a target": {"targets": 3},
    "at most 12": {"target": None, "targets": 13},
    "different columns": {"target": None, "targets": [1, 1]},
    "a row for each of the": {"features": lambda rows: rows[:-1]},
    "features must return finite": {"features": lambda rows: rows + np.inf},
    "as many columns": {"features": lambda rows: np.ones((60, 2 + bool((rows == 0).any())))},
    "exclude each other": {"features": lambda rows: rows, "kernel": lambda a, b: a @ b.T},
    "symmetric": {"kernel": lambda a, b: a @ np.triu(np.ones((12, 12))) @ b.T},
    "positive": {"kernel": lambda a, b: -(a @ b.T)},
    "kernel must return shape": {"kernel": lambda a, b: a},
    "bool array of shape": {"mask": lambda rng, X: np.zeros(X.shape[1], dtype=bool)},
    "True where hidden": {"mask": lambda rng, X: np.zeros(X.shape)},
    "mask must be 'independent'": {"mask": "stripes"},
    "callable or the name": {"mask": 3},
    "square grid": {"mask": "blocks:2x2"},
    "fill": {"fill": "mean"},
    "rows must be 'all'": {"mask_ratio": rl.Masking(0.3, rows="masked")},
    "rows must be 'masked'": {"mask_ratio": rl.Masking(0.3, rows="all"), "target": None},
    "groups must hold": {"mask_ratio": rl.Masking(0.3, groups=[0, 1])},
    "groups must be None": {"mask_ratio": rl.Masking(0.3, groups=range(12)), "mask": "tubes"},
    "contradicts": {"mask_ratio": rl.Masking(0.3, masks_per_sample=2), "masks_per_sample": 3},
    "X_test, y_test": {"test": X},
    "12 columns": {"test": (X[:, :3], Y)},
    "2 labels": {"test": (X, Y[:, :1])},
    "alone": {"target": 3, "test": (X, Y)},
    "rng": {"rng": -1},
    "replicates": {"replicates": 0},
    "test_mask_ratio": {"test_mask_ratio": 2.0},
}  # fmt: skip


@pytest.mark.parametrize("sentence", BAD)
def test_what_it_refuses_in_a_sentence(sentence):
    given = {"X": X, "mask_ratio": 0.3, "target": Y, "ridge": 0.1} | BAD[sentence]
    with pytest.raises(rl.DomainError, match=sentence if sentence != "missing" else "nan"):
        rl.rows_risk(given.pop("X"), given.pop("mask_ratio"), **given)


def test_a_kernel_under_infinitely_many_masks_is_not_derived():
    with pytest.raises(NotImplementedError, match="kernel"):
        rl.rows_risk(X, 0.3, target=Y, masks_per_sample=math.inf, kernel=lambda a, b: a @ b.T)

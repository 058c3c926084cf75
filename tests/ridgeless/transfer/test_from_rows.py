"""A probe on real rows: beside direct measurement, and the theory of a known spectrum."""

import math

import numpy as np
import pytest
from sklearn.datasets import load_digits

import ridgeless as rl
from ridgeless import DomainError
from ridgeless.transfer.held_out import held_out
from ridgeless.transfer.labels import read_labels
from ridgeless.transfer.pretrained import PretrainedMap
from ridgeless.transfer.question import Question
from tests import tolerances


def digits():
    found = load_digits()
    used = (found.data > 0).mean(axis=0) >= 0.1
    X = found.data[:, used]
    return (X - X.mean(axis=0)) / X.std(axis=0), found.target


def question(ratio, **keywords):
    rest = {"aspect_ratio": 1.0, "probe_ridge": 0.1, "depth": 1.0, "bottleneck": None}
    return Question.of(ratio, **(rest | {"rows": "all", "fill": "zero"} | keywords))


@pytest.mark.parametrize("options", [{}, {"rows": "masked"}, {"groups": np.arange(48) // 4}])
def test_squared_errors_are_those_of_rows_that_are_held_out(options):
    X, y = digits()
    found = rl.rows_transfer_risk(
        X, X, y, 0.6, samples=60, probe_ridge=0.3, replicates=8, rng=0, **options
    )
    asked = question(0.6, **options)
    Z = PretrainedMap(X, asked)(X, float(asked.lam[0]))
    labels = read_labels(y, len(X))
    measured = held_out(Z, labels, 60, 0.3, 5, splits=400)
    error = measured.squared.std(ddof=1) / math.sqrt(measured.squared.size)
    gap = abs(found.prediction_error - measured.squared.mean())
    assert gap < 3 * math.hypot(found.standard_error, error)
    missed, spread = measured.classification
    gap = abs(found.classification_error - missed)
    assert gap < 3 * math.hypot(found.classification_standard_error, spread)
    assert found.labels.startswith("10 classes")


def test_without_masks_it_is_a_learning_curve():
    X, y = digits()
    labels = read_labels(y, len(X))
    found = rl.rows_transfer_risk(X, X, y, 0.0, samples=[30, 100], probe_ridge=0.2, rng=0)
    seed = int(np.random.default_rng(0).integers(2**31))
    mean = np.mean(X**2)
    plain = rl.rows_risk(X, 0.0, target=labels.y, samples=[30, 100], ridge=0.2 * mean, rng=seed)
    assert np.allclose(
        found.prediction_error, 10 * plain.prediction_error, rtol=tolerances.ROWS_DUAL
    )
    assert np.allclose(found.null, 10 * plain.null)


def test_gaussian_rows_agree_with_the_spectrum():
    d, n, N = 60, 20, 3000
    s = np.arange(1, d + 1) ** -1.0
    rng = np.random.default_rng(0)
    turn = np.linalg.qr(rng.standard_normal((d, d)))[0]
    X = rng.standard_normal((N, d)) * np.sqrt(s) @ turn.T
    beta = np.sqrt(s / (s * s).sum()) * rng.choice([-1, 1], d)
    y = X @ turn @ beta + 0.5 * rng.standard_normal(N)
    found = rl.rows_transfer_risk(X, X, y, [0.0, 0.8], samples=n, probe_ridge=0.1, rng=0)
    covariance = turn * s @ turn.T
    theory = rl.covariance_transfer_risk(
        covariance, turn @ beta, [0.0, 0.8], noise=0.25, aspect_ratio=d / n, probe_ridge=0.1
    )
    # The leading eigenvalue is a fifth of the trace at 20 rows: some percent are of finite size.
    gap = abs(found.prediction_error - theory.prediction_error)
    assert (
        gap < 3 * found.standard_error + tolerances.TRANSFER_SIZE * theory.prediction_error
    ).all()


def test_the_best_ridge_and_a_table():
    X, y = digits()
    ridges = np.logspace(-3, 2, 11)
    every = rl.rows_transfer_risk(X, X, y, 0.5, samples=60, probe_ridge=ridges, rng=0)
    best = rl.rows_transfer_risk(X, X, y, 0.5, samples=60, rng=0)
    assert best.prediction_error <= every.prediction_error.min() + best.standard_error
    frame = every.to_frame()
    assert list(frame["probe_ridge"]) == ridges.tolist()
    assert "classification_error" in frame
    numbers = rl.rows_transfer_risk(
        X, X, X[:, 3] + X[:, 30], rl.UniformRatio(0.1, 0.5), samples=60, probe_ridge=0.1, rng=0
    )
    assert numbers.classification_error is None
    assert numbers.labels == "numbers"
    assert "classification_error" not in numbers.to_frame()


def test_few_unlabelled_rows_are_told():
    X, y = digits()
    found = rl.rows_transfer_risk(X[:30], X, y, 0.5, samples=60, probe_ridge=0.1, rng=0)
    assert any("30 unlabelled rows are fewer than the 48" in said for said in found.diagnostics)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"X": np.ones((8, 3))}, "X must have the 4 columns of X"),
        ({"X": np.ones((3, 4)), "y": [0, 1, 1]}, "X must have at least 4 rows"),
        ({"y": [0, 1]}, "for each of 8 rows"),
        ({"samples": 9}, "samples must be whole numbers from 1 to 8"),
        ({"groups": [0, 1]}, "groups must hold 4 labels"),
        ({"rows": "some"}, "rows must be 'all' or 'masked'"),
        ({"probe_ridge": "worst"}, "probe_ridge must be 'best'"),
        ({"X_unlabelled": np.zeros((5, 4))}, "X_unlabelled must not be zero"),
        ({"X_unlabelled": [[np.nan] * 4] * 5}, "X_unlabelled must not contain nan"),
        ({"samples": [3, 4], "mask_ratio": [0.1, 0.2, 0.3]}, "must broadcast together"),
    ],
)
def test_bad_arguments(changes, words):
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((8, 4))
    arguments = {"X_unlabelled": rows, "X": rows, "y": [0, 1] * 4, "mask_ratio": 0.5, **changes}
    with pytest.raises(DomainError, match=words):
        rl.rows_transfer_risk(**arguments)
    with pytest.raises(NotImplementedError, match="masks_per_sample"):
        rl.rows_transfer_risk(rows, rows, [0, 1] * 4, rl.Masking(0.5, masks_per_sample=2))

"""The ratio for a probe: rows with a known answer, and real ones."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

import ridgeless as rl
from ridgeless import DomainError


def factors(n=400, d=60, seed=0):
    """Two strong directions in much noise; the labels follow one of them."""
    rng = np.random.default_rng(seed)
    strong = rng.standard_normal((n, 2))
    X = strong @ rng.standard_normal((2, d)) + 1.5 * rng.standard_normal((n, d))
    return X, strong[:, 0] + 0.5 * rng.standard_normal(n)


def test_labels_along_the_leading_directions_want_a_high_ratio():
    X, y = factors()
    found = rl.recommend_probe(X, y, samples=20, rng=0)
    assert found.mask_ratio >= 0.75
    assert found.verdict == "choose"
    assert found.cost(0.01) > 0.05
    assert found.costs["0.15"] > found.costs["0.75"]
    assert found.interval[0] <= found.mask_ratio <= found.interval[1]
    assert found.classification_error is None
    assert list(found.to_frame()["mask_ratio"]) == found.curve_ratios.tolist()
    # The same rows, labels along a weak direction.
    weak = np.linalg.eigh(np.cov(X.T))[1][:, 0]
    other = rl.recommend_probe(X, X @ weak, samples=200, rng=0)
    assert other.mask_ratio < 0.3


def test_labels_that_rows_say_nothing_of():
    X, _ = factors()
    y = np.random.default_rng(1).standard_normal(len(X))
    found = rl.recommend_probe(X, y, samples=50, rng=0)
    assert found.verdict in ("nothing to learn", "cannot tell")


def test_digits_need_hardly_any_mask():
    digits = load_digits()
    found = rl.recommend_probe(digits.data, digits.target, samples=50, rng=0)
    assert found.mask_ratio <= 0.3
    assert found.labels == "10 classes: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9"
    assert found.cost(0.75) > 0.02
    assert (found.classification_error < 0.3).all()
    assert found.verdict == "choose"
    assert (found.paired_error < found.standard_error).all()


def test_groups_and_the_loss_reach_pretraining():
    X, y = factors(d=24)
    plain = rl.recommend_probe(X, y, samples=20, rng=0)
    grouped = rl.recommend_probe(X, y, samples=20, groups=np.arange(24) // 6, rng=0)
    masked = rl.recommend_probe(X, y, samples=20, rows="masked", rng=0)
    curves = [found.prediction_error for found in (plain, grouped, masked)]
    assert not np.allclose(curves[0], curves[1])
    assert not np.allclose(curves[0], curves[2])


def test_bad_arguments():
    X, y = factors(40, 8)
    with pytest.raises(DomainError, match="samples must be at most 40"):
        rl.recommend_probe(X, y, samples=41)
    with pytest.raises(DomainError, match="for each of 40 rows"):
        rl.recommend_probe(X, y[:-1])

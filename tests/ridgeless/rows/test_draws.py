"""Masks of rows: nested between ratios, filled as asked, refused where they do not fit."""

import numpy as np
import pytest

from ridgeless import DomainError, UniformRatio
from ridgeless.mask_shapes import Spans
from ridgeless.rows.draws import Drawn, Scheme, called, draw, fill_scale

X = np.random.default_rng(0).normal(size=(2000, 6))
OWN = Scheme(None, np.arange(6))
SEED = np.random.SeedSequence(1)


def test_a_smaller_ratio_hides_a_part_of_what_a_larger_one_hides():
    few, many = (draw(OWN, ratio, X, SEED).hidden for ratio in (0.3, 0.6))
    assert (few <= many).all()
    assert few.mean() == pytest.approx(0.3, abs=0.02)
    assert not draw(OWN, 0.0, X, SEED).hidden.any()
    assert draw(OWN, 1.0, X, SEED).hidden.all()


def test_units_hide_together_and_a_law_draws_a_ratio_per_row():
    drawn = draw(Scheme(None, np.array([0, 0, 1, 1, 2, 2])), UniformRatio(0.1, 0.9), X, SEED)
    np.testing.assert_array_equal(drawn.hidden[:, ::2], drawn.hidden[:, 1::2])
    assert 0.1 <= drawn.ratios.min() < 0.2 < 0.8 < drawn.ratios.max() <= 0.9
    assert np.corrcoef(drawn.ratios, drawn.hidden.mean(axis=1))[0, 1] > 0.4


def test_what_is_kept_may_be_rescaled():
    drawn = Drawn(np.array([[True, False]]), np.array([0.75]))
    row = np.array([[3.0, 5.0]])
    np.testing.assert_array_equal(drawn.inputs(row, "zero"), [[0.0, 5.0]])
    np.testing.assert_array_equal(drawn.inputs(row, "rescale"), [[0.0, 20.0]])
    np.testing.assert_array_equal(fill_scale(np.array([0.5, 1.0]), "rescale"), [2.0, 1.0])


def test_runs_have_their_share_and_their_mean_length():
    scheme = Scheme(Spans(40, 4.0), np.arange(40))
    rows = np.zeros((2000, 40))
    hidden = draw(scheme, 0.33, rows, SEED).hidden
    assert set(hidden.sum(axis=1)) == {13, 14}  # 13.2 in the mean
    assert np.abs(hidden.mean(axis=0) - 0.33).max() < 5 * np.sqrt(0.33 * 0.67 / 2000)
    begins = hidden & ~np.concatenate([np.zeros((2000, 1), bool), hidden[:, :-1]], axis=1)
    assert hidden.sum() / begins.sum() == pytest.approx(4, rel=0.03)
    assert not draw(scheme, 0.0, rows, SEED).hidden.any()
    assert draw(scheme, 1.0, rows, SEED).hidden.all()
    assert not scheme.has_units
    drawn = draw(scheme, UniformRatio(0, 1), rows, SEED)
    assert np.abs(drawn.hidden.sum(axis=1) - 40 * drawn.ratios).max() <= 1


def test_importance_and_callables():
    drawn = draw(Scheme("importance", np.arange(6)), 0.5, X, SEED)
    assert np.abs(X)[drawn.hidden].mean() > np.abs(X)[~drawn.hidden].mean()
    hidden = draw(Scheme(lambda rng, X: X > 0, np.arange(6)), 0.5, X, SEED).hidden
    np.testing.assert_array_equal(hidden, X > 0)
    with pytest.raises(DomainError, match="object of shape"):
        called(lambda rng, X: X.astype(object), np.random.default_rng(), X)
    assert OWN.has_units
    assert not Scheme("importance", np.arange(6)).has_units

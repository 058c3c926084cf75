"""What is hidden together, how often, and in runs of which length."""

import itertools

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.mask_shapes import Spans, Units, blocks, grouped, named_shape, tubes
from tests import tolerances
from validation.masking import Masker, RatioSampler

#: Shape, grid, and how many units there are to choose from.
SHAPES = [
    ("independent", (4, 5), 20),
    ("independent", (2, 3, 4), 24),
    ("independent", (30,), 30),
    ("spans:1", (40,), 40),
    ("spans:3", (1, 64), 64),
    ("spans:2.5", (64, 1), 64),
    ("blocks:2x2", (4, 6), 6),
    ("blocks:2", (4, 6), 6),
    ("blocks:3x2", (5, 7), 8),
    ("blocks:2x2x2", (4, 4, 4), 8),
    ("tubes", (6, 3, 4), 12),
    ("tubes", (5, 8), 8),
]


def runs(hidden):
    """Return the number of runs of hidden tokens in each row."""
    edges = np.diff(hidden.astype(int), axis=1, prepend=0)
    return (edges == 1).sum(axis=1)


@pytest.mark.parametrize("per", ["batch", "sample"])
@pytest.mark.parametrize(("shape", "grid", "units"), SHAPES)
def test_the_expected_ratio_is_exact_at_every_token(shape, grid, units, per):
    draws, share = 4000, 0.37
    masker = Masker(RatioSampler(share, per, rng=0), grid, shape=shape)
    assert masker.size == units
    hidden = np.concatenate([masker.draw(4) for _ in range(draws // 4)])
    assert hidden.shape == (draws, masker.length)
    counts = hidden.sum(axis=1)
    assert counts.min() >= 1
    assert counts.max() <= masker.length - 1
    # Rows of a batch share the rounding of p U, so that a batch is one draw of it.
    error = np.sqrt(share * (1 - share) / draws) + 0.5 / masker.size / np.sqrt(draws / 4)
    assert np.abs(hidden.mean(axis=0) - share).max() < tolerances.MONTE_CARLO_Z * error


@pytest.mark.parametrize("ratio", [1e-9, 1 - 1e-9])
@pytest.mark.parametrize(("shape", "grid", "units"), SHAPES)
def test_one_to_all_but_one_unit_are_hidden(shape, grid, units, ratio):
    masker = Masker(RatioSampler(ratio, rng=0), grid, shape=shape)
    counts = masker.draw(50).sum(axis=1)
    assert 1 <= counts.min() <= counts.max() <= masker.length - 1
    if masker.length % units == 0:
        hidden = 1 if ratio < 0.5 else units - 1
        assert set(counts) == {hidden * masker.length // units}


@pytest.mark.parametrize(
    ("length", "tokens", "ratio"),
    [(1, 200, 0.3), (2, 200, 0.5), (5, 200, 0.5), (10, 200, 0.5), (5, 50, 0.4), (3, 100, 0.7)],
)
def test_runs_have_the_mean_length(length, tokens, ratio):
    masker = Masker(RatioSampler(ratio, "sample", rng=0), (tokens,), shape=f"spans:{length}")
    hidden = masker.draw(3000)
    number, counts = runs(hidden), hidden.sum(axis=1)
    # Hidden tokens over runs; its error is that of the mean of a ratio.
    found = counts.sum() / number.sum()
    error = (counts - found * number).std() / np.sqrt(len(counts)) / number.mean()
    assert abs(found - length) < tolerances.MONTE_CARLO_Z * error + tolerances.ROUNDING
    assert length == 1 or len(set(number)) > 1


def test_runs_grow_where_visible_tokens_cannot_part_them_and_shrink_where_few_are_hidden():
    full = Masker(RatioSampler(0.9, rng=0), (100,), shape="spans:2").draw(200)
    assert full.sum() == 200 * 90
    assert runs(full).max() <= 11  # ten visible tokens, and a run that the ends cut in two
    few = Masker(RatioSampler(0.02, rng=0), (100,), shape="spans:20").draw(200)
    assert few.sum() == 200 * 2


def test_all_arrangements_of_runs_come():
    hidden = Spans(6, 1.5).hide(np.full(2000, 3), np.random.default_rng(0))
    assert set(hidden.sum(axis=1)) == {3}
    # Rotations of a run of 3, and of 2 + 1 or 1 + 2 with one or two between; in 1.8 runs of mean.
    assert len(np.unique(hidden, axis=0)) == 18


def test_blocks_hide_together_on_three_axes():
    grid = (4, 6, 5)
    hidden = Masker(RatioSampler(0.5, "sample", rng=0), grid, shape="blocks:2x3x5").draw(100)
    hidden = hidden.reshape(100, *grid)
    for a, b in itertools.product((0, 2), (0, 3)):
        block = hidden[:, a : a + 2, b : b + 3].reshape(100, -1)
        assert (block == block[:, :1]).all()
        assert 0 < block[:, 0].mean() < 1
    together = Masker(RatioSampler(0.5, "sample", rng=0), (4, 4), block=2).draw(50)
    named = Masker(RatioSampler(0.5, "sample", rng=0), (4, 4), shape="blocks:2x2").draw(50)
    np.testing.assert_array_equal(together, named)


def test_tubes_are_the_same_in_every_frame():
    hidden = Masker(RatioSampler(0.5, "sample", rng=0), (7, 3, 4), shape="tubes").draw(60)
    frames = hidden.reshape(60, 7, 12)
    assert (frames == frames[:, :1]).all()
    assert len(np.unique(frames[:, 0], axis=0)) > 30


def test_a_third_axis_counts():
    masker = Masker(RatioSampler(0.5, rng=0), (2, 2, 2))
    assert (masker.size, masker.draw(3).shape) == (8, (3, 8))


def test_the_parts():
    rng = np.random.default_rng(0)
    np.testing.assert_array_equal(blocks((2, 4), (1, 2)).units, [0, 0, 1, 1, 2, 2, 3, 3])
    np.testing.assert_array_equal(tubes((2, 3)).units, [0, 1, 2, 0, 1, 2])
    np.testing.assert_array_equal(grouped(("b", "a", "b"), 3).units, [1, 0, 1])
    assert Units(np.array([0, 1, 1])).hide(np.array([1, 1]), rng).shape == (2, 3)
    assert isinstance(named_shape("spans:2", (8,)), Spans)


@pytest.mark.parametrize(
    ("shape", "grid", "words"),
    [
        ("stripes", (4, 4), "shape must be 'independent', 'spans:LENGTH'.*got 'stripes'"),
        ("independent:2", (4, 4), "got 'independent:2'"),
        ("spans", (8,), "got 'spans'"),
        ("spans:wide", (8,), "got 'spans:wide'"),
        ("spans:2", (4, 4), r"must have tokens in a line, got a grid \(4, 4\)"),
        ("spans:0.5", (8,), "a length from 1 to below L = 8"),
        ("spans:8", (8,), "a length from 1 to below L = 8"),
        ("spans:nan", (8,), "must not contain nan"),
        ("blocks:2x2", (4, 4, 4), "one side for all 3 axes"),
        ("blocks:2.5", (4, 4), "whole numbers"),
        ("blocks:0", (4, 4), "at least 1"),
        ("blocks:inf", (4, 4), "whole numbers"),
        ("blocks:4x4", (4, 4), "'blocks:4x4' must leave at least 2 units"),
        ("tubes", (8,), r"a grid of time and place, got \(8,\)"),
        ("tubes", (8, 1), "'tubes' must leave at least 2 units"),
        ("independent", (1, 1), "at least 2 units"),
        ("independent", (0, 4), "grid must be an integer of at least 1"),
        (None, (4, 4), "got None"),
    ],
)
def test_refusals(shape, grid, words):
    with pytest.raises(rl.DomainError, match=words):
        Masker(RatioSampler(0.5, rng=0), grid, shape=shape)

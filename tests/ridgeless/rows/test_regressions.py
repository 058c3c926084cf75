"""What a population poses: which rows, which tests, which moments."""

import math

import numpy as np
import pytest

from ridgeless import DiscreteRatio, DomainError
from ridgeless.rows.draws import Scheme
from ridgeless.rows.question import HeldOut, Question
from ridgeless.rows.regressions import Masks, checked_kernel, moments, regressions, without
from tests.tolerances import ROUNDING

X = np.random.default_rng(0).normal(size=(30, 5))


def masks(ratio=0.5, per_sample=1.0, test_ratio=0.0, fill="zero", units=None):
    scheme = Scheme(None, np.arange(5) if units is None else units, fill)
    return Masks(scheme, ratio, per_sample, test_ratio, np.random.SeedSequence(2))


def test_only_rows_with_a_masked_target_are_there():
    question = Question(X, None, (1, 4), True, None, None, None)
    given = masks()
    for column, found in zip((1, 4), regressions(question, X, None, given), strict=True):
        hidden = given.training(X, 0)[0].hidden
        np.testing.assert_array_equal(found.samples, np.flatnonzero(hidden[:, column]))
        share = found.system.counted
        assert share == hidden[:, column].mean()
        assert found.system.scatter == pytest.approx((1 - share) / share)
        np.testing.assert_array_equal(found.tests[: len(found.samples)], found.samples)
        assert sorted(found.tests) == list(range(30))
        np.testing.assert_array_equal(found.system.answers[:, 0], X[found.tests, column])
        assert not found.system.space.rows[:, 0, column].any()
        assert not found.system.space.tests[:, column].any()


def test_a_group_goes_with_its_target():
    question = Question(X, None, (1,), True, None, None, None)
    (found,) = regressions(question, X, None, masks(units=np.array([0, 1, 1, 2, 2])))
    assert not found.system.space.tests[:, 1:3].any()
    assert found.system.space.tests[:, 3].any()


def test_labels_and_a_test_set():
    tests = HeldOut(X[:7] + 1, X[:7, :2])
    question = Question(X, X[:, :2], (), False, tests, None, None)
    (found,) = regressions(question, X, X[:, :2], masks(per_sample=3))
    assert found.system.space.left_out == 0
    assert found.system.space.rows.shape == (30, 3, 5)
    np.testing.assert_array_equal(found.system.space.tests, tests.X)
    np.testing.assert_allclose(found.system.targets.sum(axis=1), 3**0.5 * X[:, :2], rtol=ROUNDING)
    (blind,) = regressions(question, X, X[:, :2], masks(test_ratio=1.0))
    assert not blind.system.space.tests.any()


def test_moments_of_a_law():
    law = DiscreteRatio([0.2, 0.7], loss_weights=[1.0, 3.0])
    assert moments(masks(0.25), False) == pytest.approx((0.5625, 0.75, 0.1875))
    assert moments(masks(0.25, fill="rescale"), True) == pytest.approx((1.0, 1.0, 1 / 3))
    square, cross, own = moments(masks(law), True)  # tilted to 2/9 and 7/9
    assert square == pytest.approx((2 * 0.64 + 21 * 0.09) / 9)
    assert cross == pytest.approx((2 * 0.8 + 21 * 0.3) / 9)
    assert own == pytest.approx((2 * 0.16 + 21 * 0.21) / 9)


def test_infinitely_many_masks_leave_blank_features_out():
    blank = X * (np.arange(5) != 2)
    question = Question(blank, X[:, :1], (), False, None, None, None)
    (found,) = regressions(question, blank, X[:, :1], masks(per_sample=math.inf))
    assert found.system.space.rows.shape == (30, 4)
    assert found.samples.shape == (30 * 5,)


def test_kernels_and_hidden_features():
    gram = X @ X.T
    np.testing.assert_allclose(checked_kernel(gram), gram, rtol=ROUNDING)
    for wrong in (gram + np.triu(np.ones((30, 30)), 1), -gram):
        with pytest.raises(DomainError, match="kernel must"):
            checked_kernel(wrong)
    assert without(X, np.zeros(0, dtype=int)) is X
    assert not without(X, np.array([1]))[:, 1].any()

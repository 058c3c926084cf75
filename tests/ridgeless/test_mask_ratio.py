"""One law serves theory, simulation and training: nodes, samples and schedule must agree."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ridgeless as rl
from ridgeless.mask_ratio import Quadrature
from tests import strategies

LAWS = [
    rl.UniformRatio(0.1, 0.9),
    rl.DiscreteRatio([0.1, 0.5, 0.9], [1, 2, 1]),
    rl.ScheduledRatio(0.8, 0.2),
    rl.ScheduledRatio(0.2, 0.8, "cosine"),
]


@pytest.mark.parametrize("law", LAWS, ids=str)
@pytest.mark.parametrize("order", [64, 512])
def test_nodes_have_the_moments_of_samples(law: rl.RatioLaw, order: int) -> None:
    ratios, weights = law.nodes(order)
    sample = law.sample(np.random.default_rng(0), 100_000)
    assert weights.sum() == pytest.approx(1, rel=1e-13)
    assert (weights > 0).all()
    assert weights @ ratios == pytest.approx(law.mean, rel=1e-12)
    assert sample.mean() == pytest.approx(law.mean, abs=0.005)
    assert weights @ ratios**2 == pytest.approx(np.mean(sample**2), abs=0.005)


@pytest.mark.parametrize("law", LAWS, ids=str)
@pytest.mark.parametrize("order", [1, 2, 3, 5, 7, 8, 9])
def test_few_nodes_are_a_law_too(law: rl.RatioLaw, order: int) -> None:
    ratios, weights = law.nodes(order)
    assert weights.sum() == pytest.approx(1, rel=1e-13)
    assert weights @ ratios == pytest.approx(law.mean, rel=1e-12)


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_training_draws_from_the_same_law(law: rl.RatioLaw) -> None:
    rng = np.random.default_rng(1)
    drawn = np.array([law.at((i + 0.5) / 4000, rng) for i in range(4000)])
    ratios, weights = law.nodes(64)
    assert drawn.mean() == pytest.approx(weights @ ratios, abs=0.015)
    assert np.mean(drawn**2) == pytest.approx(weights @ ratios**2, abs=0.015)


def test_samples_have_the_shape_asked_for() -> None:
    rng = np.random.default_rng(2)
    for law in LAWS:
        assert law.sample(rng, (2, 3)).shape == (2, 3)
        assert law.sample(rng).shape == ()


def test_schedules_run_from_start_to_end() -> None:
    for shape in ("linear", "cosine"):
        law = rl.ScheduledRatio(0.3, 0.15, shape)
        assert law.at(0.0) == 0.3
        assert law.at(1.0) == pytest.approx(0.15)
        assert law.at(0.5) == pytest.approx(0.225)
    assert rl.ScheduledRatio(0.0, 1.0, "cosine").at(0.25) < 0.25


@given(low=strategies.ratios, high=strategies.ratios, order=st.sampled_from([8, 64, 256, 1024]))
def test_keep_ratios_are_complements(low: float, high: float, order: int) -> None:
    law = rl.UniformRatio(*sorted((low, high)))
    rule = law.quadrature(order)
    np.testing.assert_allclose(rule.mask + rule.keep, 1, rtol=1e-15)


def test_keep_ratios_near_one_are_not_rounded() -> None:
    """At p -> 1 the keep ratio must be known to relative, not absolute, accuracy."""
    keep = rl.UniformRatio(0.0, 1.0).quadrature(1024).keep
    assert 0 < keep.min() < 1e-30


class Triangular(rl.RatioLaw):
    """A user's own law: density 2p."""

    mean = 2 / 3
    inverse_keep_is_finite = False

    def quadrature(self, order: int) -> Quadrature:
        rule = rl.UniformRatio(0.0, 1.0).quadrature(order)
        return rule._replace(weight=2 * rule.mask * rule.weight)

    def at(self, progress: float, rng: np.random.Generator) -> float:
        return float(np.sqrt(rng.random()))


def test_a_law_of_ones_own() -> None:
    law = Triangular()
    assert law.sample(np.random.default_rng(0), 20_000).mean() == pytest.approx(2 / 3, abs=0.01)
    # Masked-target rows of a uniform law have the same density 2p, on half as many rows.
    task = rl.LinearTarget()
    own = rl.risk([1.0, 3.0], law, aspect_ratio=4.0, ridge=0.1, target=task, rows="all")
    uniform = rl.risk(
        [1.0, 3.0], rl.UniformRatio(0, 1), aspect_ratio=2.0, ridge=0.1, target=task, rows="masked"
    )
    assert own.total == pytest.approx(uniform.total, rel=1e-10)


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: rl.UniformRatio(0.9, 0.1), "low must be at most high = 0.1, got 0.9"),
        (lambda: rl.UniformRatio(0.1, 1.1), r"high must lie in \[0, 1\]"),
        (lambda: rl.UniformRatio([0.1, 0.2], 0.9), "low must be one number"),
        (lambda: rl.DiscreteRatio([]), "values must be a non-empty list"),
        (lambda: rl.DiscreteRatio([0.1, 0.2], [1.0]), "weights must be 2 numbers"),
        (lambda: rl.DiscreteRatio([0.1], [0.0]), "weights must be 1 numbers of positive sum"),
        (lambda: rl.ScheduledRatio(0.1, 2.0), "end must lie"),
        (lambda: rl.ScheduledRatio(0.1, 0.2, "step"), "shape must be 'linear' or 'cosine'"),
        (lambda: rl.UniformRatio().at(1.5, np.random.default_rng(0)), "progress must lie"),
        (lambda: rl.UniformRatio().nodes(0), "order must be an integer of at least 1"),
    ],
)
def test_constructors_name_the_argument(build: Any, says: str) -> None:
    with pytest.raises(rl.DomainError, match=says):
        build()

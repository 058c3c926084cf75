"""A schedule of mask ratios in the linear bridge, beside the law that it sweeps."""

import numpy as np
import pytest
from random_ratios.schedules import DOWN, UP, limit

import ridgeless as rl
from validation.bridge import Bridge, descend
from validation.masking import RatioSampler
from validation.models import Linear

LAW = rl.UniformRatio(0.1, 0.9)
D = 10


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    root = np.linalg.qr(rng.standard_normal((D, D)))[0] * np.arange(1, D + 1.0) ** -0.5
    return rng.standard_normal((40 * D, D)) @ root.T * np.sqrt(D)


def trained(rows, law, sweeps):
    sampler = RatioSampler(law, "sample", np.random.SeedSequence(1))
    found = descend(rows, sampler, "fresh masks", 500, sweeps)
    return found - np.diag(np.diag(found))


def distance(found, other):
    return np.linalg.norm(found - other) / np.linalg.norm(other)


def test_one_mask_has_no_order(rows):
    """Where training ends depends on the rows and their masks alone."""
    samplers = [RatioSampler(UP, "sample", np.random.SeedSequence(2)) for _ in range(2)]
    found = descend(rows, samplers[0], "one mask", 20000)
    ratios = np.array([samplers[1].ratio((i + 0.5) / len(rows)) for i in range(len(rows))])
    assert np.ptp(ratios) > 0.7
    masked = samplers[1].rng.random(rows.shape) < ratios[:, None]
    order = np.random.default_rng(3).permutation(len(rows))
    for j in range(D):
        counted = order[masked[order, j]]
        blank = np.where(masked, 0.0, rows)[counted]
        expected = np.linalg.lstsq(blank, rows[counted, j])[0]
        # Descent stops at 1e-6 of the first gradient; measured worst 1.5e-4.
        assert found[j] == pytest.approx(expected, abs=1e-3 * np.abs(expected).max())


@pytest.mark.slow
def test_one_mask_per_row_has_the_risk_of_the_law():
    name = "cosine:0.8:0.2"
    settings = Bridge(ratios=(name,), aspect_ratios=(2.0,), dimension=64, trials=6)
    eigenvalues = np.arange(1, 65.0) ** -1
    row = next(settings.rows(eigenvalues / eigenvalues.mean(), np.random.SeedSequence(0)))
    assert row["scheme"] == "one mask"
    assert row["agrees"]
    # Not with all rows at the ratio at which the schedule starts.
    start = rl.risk(eigenvalues / eigenvalues.mean(), 0.8, aspect_ratio=2.0)
    assert (
        abs(start.prediction_error - row["theory"])
        > 3 * row["finite_size"] + 6 * row["standard_error"]
    )


@pytest.mark.slow
def test_with_fresh_masks_many_sweeps_are_the_law_and_one_is_its_end(rows):
    ends = {p: limit(rows, rl.DiscreteRatio([p])) for p in (0.1, 0.9)}
    law = limit(rows, LAW)
    once, often = ([trained(rows, x, sweeps) for x in (UP, DOWN)] for sweeps in (1, 50))
    assert distance(*once) > 2 * distance(*often)
    for schedule, single, many in zip((UP, DOWN), once, often, strict=True):
        assert distance(single, ends[schedule.end]) < distance(single, law)
        assert distance(many, law) < 0.6 * distance(single, law)
        assert distance(many, law) < 0.6 * min(distance(many, end) for end in ends.values())


def test_the_limit_is_the_stationary_point(rows):
    """Beside the gradient of the loss averaged over many masks."""
    import torch

    from validation.datasets.tokens import Tokens

    samples = rows[..., None].astype(np.float32)
    model = Linear(Tokens("toy", samples, samples[:1], (1, D))).double()
    values = torch.as_tensor(rows)[..., None].repeat(40, 1, 1)
    rng = np.random.default_rng(0)
    ratios = rng.uniform(LAW.low, LAW.high, len(values))[:, None]
    hidden = torch.as_tensor(rng.random((len(values), D)) < ratios)

    def slope(weight):
        with torch.no_grad():
            model.map.weight.copy_(torch.as_tensor(weight))
        wrong = (model(values, hidden) - values).square()[hidden].sum()
        (gradient,) = torch.autograd.grad(wrong, model.map.weight)
        steep = gradient.numpy()
        return np.linalg.norm(steep - np.diag(np.diag(steep)))

    assert slope(limit(rows, LAW)) < 0.05 * slope(np.zeros((D, D)))

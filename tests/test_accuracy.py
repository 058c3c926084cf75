"""`rl.risk` against 40-digit arithmetic that shares no code with it."""

import math

import numpy as np
import pytest

import ridgeless as rl
from tests import oracle
from tests.problems import CASES, POWER, TASK, Case
from tests.reference import reference, worst_error
from tests.tolerances import RISK


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_part_matches_the_reference(case: Case) -> None:
    ratio, keywords = case.arguments
    risk = rl.risk(case.eigenvalues, ratio, target=case.target, **keywords)
    exact = reference(case.eigenvalues, ratio, case.target, **keywords)
    assert worst_error(risk, exact) < RISK


@pytest.mark.parametrize("ridge", [0.0, 0.1])
@pytest.mark.parametrize("aspect_ratio", [0.4, 2.0])
@pytest.mark.parametrize("loss", [[1e-200, 1.0], [1e200, 1.0], [1e-200, 1e200]])
def test_loss_weights_of_any_size(loss: list[float], aspect_ratio: float, ridge: float) -> None:
    law = rl.DiscreteRatio([0.2, 0.5], loss_weights=loss)
    options = {"aspect_ratio": aspect_ratio, "ridge": ridge}
    exact = reference(POWER, law, TASK, rows="all", **options)
    assert worst_error(rl.risk(POWER, law, target=TASK, **options), exact) < RISK


@pytest.mark.parametrize("seed", range(20))
def test_laws_beside_the_threshold_match_the_reference(seed: int) -> None:
    """Rows per sample are a sum of products, over a sum of weights, that no float holds."""
    rng = np.random.default_rng(seed)
    values, weights = rng.random(3), rng.random(3)
    values[0] = (1.0, values[0])[seed % 2]
    law, rows = rl.DiscreteRatio(values, weights), ("all", "masked")[seed // 2 % 2]
    gap = float(rng.choice([1e-8, -1e-8, 1e-12, -1e-12]))
    options = {"rows": rows, "aspect_ratio": float(law.filled(rows == "masked")) * (1 + gap)}
    risk = rl.risk(POWER, law, target=TASK, **options)
    assert worst_error(risk, reference(POWER, law, TASK, **options)) < RISK


@pytest.mark.parametrize("seed", range(40))
def test_random_problems_match_the_reference(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 15))
    kind = rng.integers(4)
    if kind == 0:
        eigenvalues = np.arange(1.0, count + 1) ** -rng.uniform(0, 3)
    elif kind == 1:
        eigenvalues = 10 ** rng.uniform(-9, 0, count)
    elif kind == 2:
        eigenvalues = np.append(np.ones(count), 10 ** rng.uniform(0, 3))
    else:
        eigenvalues = np.append(np.zeros(count // 3 + 1), rng.uniform(0.1, 3, count))
    masks = [1, 2, 4, math.inf][rng.integers(4)]
    mask_ratio = float(rng.choice([0, 1e-5, 1e-3, 0.1, 0.5, 0.9, 1 - 1e-5, rng.uniform()]))
    rows = str(rng.choice(["all", "masked"]))
    gap = rng.choice([1, 1 + 1e-4, 1 - 1e-4, 1 + 1e-8, 1 - 1e-8, 0.01, 0.5, 2, 100])
    # Powers of two times the ratio: rows per sample is exact, so every digit can be asked for.
    per_sample = (1 if masks == math.inf else masks) * (mask_ratio if rows == "masked" else 1)
    options = {
        "aspect_ratio": float(gap) * (per_sample or 1.0),
        "ridge": float(rng.choice([0, 0, 1e-14, 1e-6, 1.0, 1e3])),
        "masks_per_sample": masks,
        "test_mask_ratio": float(rng.choice([0, 0, 0.3, 1 - 1e-5])),
        "rows": rows,
    }
    target: rl.MaskedFeature | rl.LinearTarget = rl.MaskedFeature()
    if seed % 2:
        snr = float(rng.choice([0.1, 1.0, math.inf]))
        target = rl.LinearTarget(snr=snr, alignment=float(rng.choice([0.0, 1.0, 2.0])))
    exact = reference(eigenvalues, mask_ratio, target, **options)
    assert worst_error(rl.risk(eigenvalues, mask_ratio, target=target, **options), exact) < RISK


@pytest.mark.parametrize("aspect_ratio", [0.3, 3.0])
@pytest.mark.parametrize("rows", ["all", "masked"])
def test_uniform_law_matches_the_reference(aspect_ratio: float, rows: str) -> None:
    law = rl.UniformRatio(0.1, 0.9)
    nodes = oracle.uniform_nodes(0.1, 0.9, 64)
    masses, noise = oracle.linear_target(POWER, None, TASK.snr, TASK.alignment)
    exact = oracle.risk(
        POWER, nodes, aspect_ratio=aspect_ratio, masses=masses, noise=noise, rows=rows
    )
    risk = rl.risk(POWER, law, aspect_ratio=aspect_ratio, target=TASK, rows=rows)
    assert worst_error(risk, exact) < RISK


def test_cosine_schedule_matches_the_reference() -> None:
    law = rl.ScheduledRatio(0.8, 0.2, "cosine")
    nodes = oracle.cosine_nodes(0.8, 0.2, 64)
    masses, noise = oracle.linear_target(POWER, None, TASK.snr, TASK.alignment)
    exact = oracle.risk(POWER, nodes, aspect_ratio=2.0, masses=masses, noise=noise, rows="all")
    assert worst_error(rl.risk(POWER, law, target=TASK), exact) < RISK


def exact_under_logistic_nodes(ridge: float) -> object:
    nodes = oracle.logistic_nodes(0.0, 1.0, 400)
    masses, noise = oracle.linear_target(POWER, None, TASK.snr, TASK.alignment)
    options = {"aspect_ratio": 4.0, "ridge": ridge, "rows": "all"}
    return oracle.risk(POWER, nodes, masses=masses, noise=noise, **options)["total"]


@pytest.mark.slow
@pytest.mark.nojit_slow
@pytest.mark.parametrize("ridge", [1e-14, 1e-6])
def test_law_that_reaches_one_is_resolved_down_to_a_tiny_ridge(ridge: float) -> None:
    """The integrand has a pole at a distance of about the ridge beyond p = 1."""
    risk = rl.risk(POWER, rl.UniformRatio(0.0, 1.0), aspect_ratio=4.0, ridge=ridge, target=TASK)
    assert risk.total == pytest.approx(float(exact_under_logistic_nodes(ridge)), rel=1e-11)

"""What must hold for every problem."""

import math

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

import ridgeless as rl
from tests import strategies
from tests.tolerances import IDENTITY


def away_from_threshold(problem: dict, law: rl.RatioLaw | None = None) -> bool:
    """Near the threshold one rounding of the inputs moves the risk by more than the tolerance."""
    masks, mean = problem["masks_per_sample"], problem["mask_ratio"]
    rows = 1.0 if masks == math.inf else masks
    if problem["target"].rows == "masked" and masks != math.inf:
        rows *= mean if law is None else law.mean
    return abs(problem["aspect_ratio"] / rows - 1) > 1e-3


def parts(risk: rl.Risk) -> np.ndarray:
    return np.array([risk.bias, risk.design_variance, risk.noise_variance, risk.null, risk.noise])


@given(values=strategies.eigenvalues, problem=strategies.problems)
def test_all_parts_are_nonnegative_numbers(values: list[float], problem: dict) -> None:
    risk = rl.risk(values, **problem)
    assert (parts(risk) >= 0).all()
    assert risk.total == risk.bias + risk.variance
    assert risk.prediction_error == risk.total + risk.noise


@given(
    values=strategies.positive_eigenvalues, problem=strategies.problems, factor=st.floats(1e-6, 1e6)
)
def test_rescaling_the_features(values: list[float], problem: dict, factor: float) -> None:
    """Eigenvalues and ridge scaled by c: a masked feature's risk scales by c, a task's stays."""
    assume(away_from_threshold(problem))
    before = parts(rl.risk(values, **problem))
    scaled = problem | {"ridge": factor * problem["ridge"]}
    after = parts(rl.risk(factor * np.array(values), **scaled))
    gain = factor if isinstance(problem["target"], rl.MaskedFeature) else 1.0
    np.testing.assert_allclose(after, gain * before, rtol=1e-8, atol=1e-12 * gain * before.sum())


@given(values=strategies.eigenvalues, problem=strategies.problems, data=st.data())
def test_splitting_and_permuting_atoms_changes_nothing(
    values: list[float], problem: dict, data: st.DataObject
) -> None:
    assume(away_from_threshold(problem))
    shuffled = data.draw(st.permutations([v for v in values for _ in range(3)]))
    np.testing.assert_allclose(
        parts(rl.risk(shuffled, **problem)),
        parts(rl.risk(rl.Spectrum(values, np.full(len(values), 2.0)), **problem)),
        rtol=1e-8,
        atol=1e-13,
    )


@given(
    values=strategies.positive_eigenvalues,
    low=st.floats(1e-3, 1e3),
    problem=strategies.problems,
)
def test_alignment_array_follows_the_order_given(
    values: list[float], low: float, problem: dict
) -> None:
    values = [*values, low]
    masses = np.arange(1.0, len(values) + 1)
    problem = problem | {"target": rl.LinearTarget(alignment=masses)}
    turned = problem | {"target": rl.LinearTarget(alignment=masses[::-1])}
    assume(away_from_threshold(problem))
    np.testing.assert_allclose(
        parts(rl.risk(values, **problem)), parts(rl.risk(values[::-1], **turned)), rtol=1e-8
    )


@given(values=strategies.eigenvalues, problem=strategies.problems)
def test_law_of_one_ratio_is_that_ratio(values: list[float], problem: dict) -> None:
    p = problem["mask_ratio"]
    expected = parts(rl.risk(values, **problem))
    for law in (rl.DiscreteRatio([p]), rl.UniformRatio(p, p), rl.ScheduledRatio(p, p, "cosine")):
        got = parts(rl.risk(values, **problem | {"mask_ratio": law}))
        np.testing.assert_allclose(got, expected, rtol=1e-14)


@given(values=strategies.eigenvalues, problem=strategies.problems, law=strategies.laws)
def test_a_law_is_its_nodes(values: list[float], problem: dict, law: rl.RatioLaw) -> None:
    problem = problem | {"mask_ratio": law, "masks_per_sample": 1}
    assume(away_from_threshold(problem, law))
    nodes = problem | {"mask_ratio": rl.DiscreteRatio(*law.nodes(512))}
    np.testing.assert_allclose(
        parts(rl.risk(values, **problem)), parts(rl.risk(values, **nodes)), rtol=1e-8, atol=1e-13
    )


@given(values=strategies.positive_eigenvalues, problem=strategies.problems)
def test_a_vanishing_ridge_is_ridgeless(values: list[float], problem: dict) -> None:
    assume(away_from_threshold(problem))
    bare = parts(rl.risk(values, **problem | {"ridge": 0.0}))
    tiny = parts(rl.risk(values, **problem | {"ridge": 1e-13 * min(values)}))
    np.testing.assert_allclose(tiny, bare, rtol=1e-4, atol=1e-9)


@given(values=strategies.positive_eigenvalues, problem=strategies.problems)
def test_many_masks_approach_infinitely_many(values: list[float], problem: dict) -> None:
    problem = problem | {"target": rl.LinearTarget(), "mask_ratio": 0.5, "aspect_ratio": 2.0}
    limit = rl.risk(values, **problem | {"masks_per_sample": math.inf}).total
    gaps = [
        abs(rl.risk(values, **problem | {"masks_per_sample": k}).total / limit - 1)
        for k in (100, 10_000)
    ]
    assert gaps[1] < gaps[0] / 20 + IDENTITY


@given(values=strategies.eigenvalues, problem=strategies.problems)
def test_arrays_broadcast_to_the_scalars(values: list[float], problem: dict) -> None:
    surface = rl.risk(
        values,
        np.array([problem["mask_ratio"], 0.5]),
        aspect_ratio=np.array([[problem["aspect_ratio"]], [2.0]]),
        ridge=problem["ridge"],
        target=problem["target"],
        masks_per_sample=problem["masks_per_sample"],
        test_mask_ratio=problem["test_mask_ratio"],
    )
    assert surface.total.shape == (2, 2)
    corner = rl.risk(values, **problem)
    assert surface.total[0, 0] == corner.total
    assert surface.bias[0, 0] == corner.bias


def test_snr_broadcasts_and_masses_may_be_infinite() -> None:
    risk = rl.risk(
        [1.0, 2.0],
        np.linspace(0.1, 0.9, 4)[:, None],
        target=rl.LinearTarget(snr=np.array([1.0, 10.0, math.inf])),
    )
    assert risk.total.shape == (4, 3)
    assert (risk.noise_variance[:, 2] == 0).all()
    assert (np.diff(risk.total, axis=1) < 0).all()

"""Problems keep the names and numbers that they had before there were maskings."""

import math

import numpy as np
import pytest

import ridgeless as rl
from simulations import (
    LinearRegression,
    Problem,
    RatioAware,
    RealRows,
    StudentRows,
    simulate_risk,
)
from tests.tolerances import (
    LINEAR_ALGEBRA,
)

LINEAR = rl.LinearTarget(snr=2.0)
REAL = RealRows(
    np.random.default_rng(0).gamma(2.0, size=(40, 6)),
    places=[[0, 0], [0, 1], [0, 2], [2, 0], [2, 1], [3, 3]],
)
ATOMS = rl.DiscreteRatio([0.2, 0.6], [1, 3])
SOME = {"spectrum": [0.5, 1.5], "dimension": 20}

#: Arguments; then design, cell, and the parts of the risk over three trials, as computed by the
#: version that had no `Masking`. An id that changes would orphan every store.
KEPT = {
    "fixed": (
        {"spectrum": [1.0], "mask_ratio": 0.5, "dimension": 10},
        "ac3a4d1edf791b92", "e9a62e2f36694f81", 0.0, 3.2565842356789148,
    ),
    "law": (
        SOME | {"mask_ratio": rl.UniformRatio(0.1, 0.9), "target": LINEAR, "ridge": 0.1},
        "0b197c1e891b49ea", "274c3a81c6c40cad", 1.296863457402344, 0.6275558734329355,
    ),
    "atoms": (
        SOME | {"mask_ratio": ATOMS, "target": LINEAR, "rows": "masked", "aspect_ratio": 0.5,
                "test_mask_ratio": 0.3},
        "537a1a72dc18dc8c", "7a5625dce16bdfc8", 7.092174438662783, 6.653328477413127,
    ),
    "schedule": (
        SOME | {"mask_ratio": rl.ScheduledRatio(0.6, 0.2, "cosine"), "masks_per_sample": math.inf},
        "02ffd2a27f79677a", "4f6286190f7c8026", 0.15436144346480649, 0.7612014399966741,
    ),
    "several": (
        SOME | {"mask_ratio": 0.4, "masks_per_sample": 3, "target": LINEAR, "aspect_ratio": 0.7},
        "95e55a7dd3feb4bc", "3ab5157a2e79f290", 0.3729721087949733, 0.5120672885179447,
    ),
    "patch": (
        SOME | {"mask_ratio": 0.4, "patch": 2, "masks_per_sample": math.inf, "rows": "masked"},
        "0b8775d9122de850", "943a00fcb6bed269", 0.21649796211550867, 0.9848751855166809,
    ),
    "batch": (
        SOME | {"mask_ratio": rl.UniformRatio(0.1, 0.9), "ratio_batch": 4,
                "design": StudentRows(5.0)},
        "e1b1be91821d22b4", "b6363da71c311ff3", 10.905232082794804, 34.32791226723794,
    ),
    "real": (
        {"spectrum": REAL.spectrum, "mask_ratio": 0.3, "design": REAL, "patch": 2},
        "81218c9c807f8c31", "ae8d9cf2d85deca3", 0.12785967144052146, 0.581564879481107,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_ids_and_trials_stay(name):
    arguments, design, cell, signal, noise = KEPT[name]
    problem = Problem(**arguments)
    assert problem.sampling.id.startswith(design)
    assert problem.id.startswith(cell)
    found = simulate_risk(problem, trials=3, rng=7)
    assert found.signal == pytest.approx(signal, rel=LINEAR_ALGEBRA, abs=0)
    assert found.noise == pytest.approx(noise, rel=LINEAR_ALGEBRA, abs=0)


def test_loss_weights_make_another_design():
    plain = Problem([1.0], ATOMS, dimension=10)
    weighted = rl.DiscreteRatio(ATOMS.values, ATOMS.weights, loss_weights=[1.0, 2.0])
    assert Problem([1.0], weighted, dimension=10).sampling.id != plain.sampling.id


def test_a_masking_says_what_keywords_say():
    given = {"dimension": 20, "target": LINEAR, "aspect_ratio": 0.5}
    masking = rl.Masking(ATOMS, masks_per_sample=3, rows="masked")
    one = Problem([0.5, 1.5], masking, **given)
    other = Problem([0.5, 1.5], ATOMS, masks_per_sample=3, rows="masked", **given)
    assert one.id == other.id
    assert one.sampling == other.sampling
    beside = Problem([0.5, 1.5], masking, masks_per_sample=3, rows="masked", **given)
    assert beside.id == one.id
    # What it leaves open is what a problem does by default.
    bare = Problem([0.5, 1.5], rl.Masking(0.4), dimension=20)
    assert bare.id == Problem([0.5, 1.5], 0.4, dimension=20).id
    assert bare.theory().total == Problem([0.5, 1.5], 0.4, dimension=20).theory().total


def test_groups_of_any_name_are_patches():
    patches = Problem([0.5, 1.5], 0.4, dimension=6, patch=2)
    groups = rl.Masking(0.4, groups=list("bbaacc"))
    assert Problem([0.5, 1.5], groups, dimension=6).sampling == patches.sampling
    assert Problem([0.5, 1.5], groups, dimension=6, patch=2).sampling == patches.sampling
    crossed = rl.Masking(0.4, groups=[0, 1, 2, 0, 1, 2])
    other = Problem([0.5, 1.5], crossed, dimension=6)
    assert other.sampling.id != patches.sampling.id
    assert simulate_risk(other, trials=2, rng=0).mean > 0
    assert other.theory().total == patches.theory().total  # which masks features one by one


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"mask_ratio": rl.Masking([0.1, 0.2])}, "one scheme, got an array"),
        ({"mask_ratio": rl.Masking(0.4, groups=[0, 1])}, r"got 2 for dimension = 6"),
        ({"mask_ratio": rl.Masking(0.4, groups=[0, 1, 2, 0, 1, 2]), "patch": 2},
         "patch contradicts the groups of the Masking"),
        ({"mask_ratio": rl.Masking(0.4, masks_per_sample=2), "masks_per_sample": 3},
         "masks_per_sample = 3 contradicts"),
        ({"mask_ratio": rl.Masking(0.4, rows="all"), "rows": "masked"}, "rows = 'masked' contra"),
        ({"estimator": "ridge"}, "estimator must be LinearRegression"),
        ({"estimator": RatioAware}, "estimator must be LinearRegression"),
    ],
)  # fmt: skip
def test_contradictions_are_refused(arguments, words):
    given = {"spectrum": [0.5, 1.5], "mask_ratio": 0.4, "dimension": 6} | arguments
    with pytest.raises(rl.DomainError, match=words):
        Problem(**given)


def test_the_estimator_chooses_the_theory_and_the_cell():
    given = {"spectrum": [0.5, 1.5], "mask_ratio": ATOMS, "dimension": 20, "aspect_ratio": 0.25}
    plain, named = Problem(**given), Problem(**given, estimator=LinearRegression())
    aware = Problem(**given, estimator=RatioAware(1))
    assert named.id == plain.id
    assert aware.id != plain.id
    assert aware.sampling.id == plain.sampling.id
    law = plain.sampling.spectrum
    assert plain.theory().total == rl.risk(law, ATOMS, aspect_ratio=0.25).total
    expected = rl.ratio_aware_risk(law, ATOMS, degree=1, aspect_ratio=0.25).total
    assert aware.theory().total == expected
    assert aware.theory(0.3).total == rl.ratio_aware_risk(law, 0.3, aspect_ratio=0.25).total


def test_ids_of_estimators_are_canonical():
    """Constants: an id that changes would orphan every store."""
    aware = Problem([1.0], ATOMS, dimension=10, estimator=RatioAware(2))
    assert aware.id.startswith("cdab43bae9d3b233")
    weighted = rl.DiscreteRatio(ATOMS.values, ATOMS.weights, loss_weights=[1.0, 2.0])
    assert Problem([1.0], weighted, dimension=10).id.startswith("73b5cd6e71c93a39")


def test_a_problem_names_what_theory_cannot_do() -> None:
    several = Problem(
        [1.0], 0.5, target=LINEAR, masks_per_sample=3, dimension=20, estimator=RatioAware(1)
    )
    with pytest.raises(NotImplementedError, match="masks_per_sample = 3"):
        several.theory()


def test_ids_are_canonical():
    """Constants: an id that changes would orphan every store."""
    problem = Problem([1.0], 0.5, dimension=10)
    assert problem.sampling.id.startswith("ac3a4d1edf791b92")
    assert problem.id.startswith("e9a62e2f36694f81")
    same = Problem(rl.Spectrum([1.0, 1.0]), rl.DiscreteRatio(0.5), dimension=10, ridge=0)
    assert same.id == problem.id
    other = Problem([1.0], 0.5, dimension=10, ridge=0.1)
    assert other.sampling.id == problem.sampling.id
    assert other.id != problem.id
    assert Problem([1.0], 0.5, dimension=10, patch=2).sampling.id != problem.sampling.id


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"mask_ratio": 1.5}, "mask_ratio"),
        ({"mask_ratio": [0.1, 0.2]}, "mask_ratio"),
        ({"aspect_ratio": 0.0}, "aspect_ratio"),
        ({"aspect_ratio": 1e9}, "aspect_ratio"),
        ({"ridge": -1.0}, "ridge"),
        ({"rows": "some"}, "rows"),
        ({"target": "feature"}, "target"),
        ({"masks_per_sample": 1.5}, "masks_per_sample"),
        ({"test_mask_ratio": math.nan}, "test_mask_ratio"),
        ({"dimension": 0}, "dimension"),
        ({"patch": 0}, "patch"),
        ({"ratio_batch": 0.5}, "ratio_batch"),
        ({"target": rl.LinearTarget(snr=[1.0, 2.0])}, "snr"),
        ({"target": rl.LinearTarget(alignment=[1.0])}, "alignment"),
        ({"target": rl.LinearTarget(alignment=[1.0, 1.0]), "dimension": 7}, "alignment"),
        ({"design": RealRows(np.eye(3))}, "spectrum"),
    ],
)
def test_bad_problems_are_refused(arguments, words):
    given = {"spectrum": [0.5, 1.5], "mask_ratio": 0.5} | arguments
    with pytest.raises(rl.DomainError, match=words):
        Problem(**given)


@pytest.mark.nojit_slow
def test_the_theory_of_real_rows_knows_their_groups():
    """Rows that are nearly Gaussian, of neighbours that are alike."""
    distance = np.abs(np.subtract.outer(np.arange(60), np.arange(60)))
    root = np.linalg.cholesky(0.8**distance)
    rows = RealRows(np.random.default_rng(0).standard_normal((6000, 60)) @ root.T)
    given = {"aspect_ratio": 0.5, "target": rl.LinearTarget(2.0), "design": rows}
    patched = Problem(rows.spectrum, 0.5, patch=4, **given)
    alone = Problem(rows.spectrum, 0.5, **given)
    assert patched.knows_groups
    assert not alone.knows_groups
    assert not Problem(rows.spectrum, 0.5, patch=4, design=rows).knows_groups  # a masked feature
    assert not Problem([1.0, 2.0], 0.5, patch=4, target=rl.LinearTarget(2.0)).knows_groups
    found = simulate_risk(patched, trials=40, rng=0)
    near, far = (abs(float(p.theory().total) / found.mean - 1) for p in (patched, alone))
    assert near < 0.1 < 0.2 < far
    # One feature a group is none.
    single = rl.Masking(0.5, groups=range(60))
    same = Problem(rows.spectrum, single, **given)
    assert same.theory().total == pytest.approx(alone.theory().total, rel=LINEAR_ALGEBRA)

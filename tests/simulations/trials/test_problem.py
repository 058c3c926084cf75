"""Problems keep the names and numbers that they had before there were maskings."""

import math

import numpy as np
import pytest

import ridgeless as rl
from simulations import Problem, RealRows, StudentRows, simulate_risk
from tests.tolerances import LINEAR_ALGEBRA

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

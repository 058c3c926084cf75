"""One table of problems, each with one tag that names its regime."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import ridgeless as rl

POWER = tuple(float(s) for s in rl.Spectrum.power_law(1.0, 12).eigenvalues)
STEEP = tuple(float(s) for s in 10 ** np.linspace(-9, 0, 10))
SINGULAR = (0.0, 0.0, 0.5, 1.0, 3.0)
TWO_LEVEL = (1e-6, 1e-6, 1.0, 1.0)


@dataclass(frozen=True)
class Case:
    """What is given to both `rl.risk` and the reference."""

    tag: str
    eigenvalues: tuple[float, ...]
    mask_ratio: Any
    target: Any = field(default_factory=rl.MaskedFeature)
    rows: str = "all"
    options: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.tag


TASK = rl.LinearTarget(snr=4.0, alignment=0.5)
CLEAN = rl.LinearTarget(snr=math.inf)
THREE = rl.DiscreteRatio([0.2, 0.5, 0.9], [3, 2, 1])

CASES = [
    Case("underparametrised", POWER, 0.3, TASK, options={"aspect_ratio": 0.5}),
    Case("overparametrised", POWER, 0.3, TASK, options={"aspect_ratio": 3.0}),
    Case("just below the threshold", POWER, 0.5, TASK, options={"aspect_ratio": 1 - 1e-8}),
    Case("just above the threshold", POWER, 0.5, TASK, options={"aspect_ratio": 1 + 1e-8}),
    Case("ridge at the threshold", POWER, 0.5, TASK, options={"aspect_ratio": 1.0, "ridge": 1e-14}),
    Case("large ridge", POWER, 0.5, TASK, options={"ridge": 1e3}),
    Case("ill-conditioned", STEEP, 0.01, TASK, options={"aspect_ratio": 1.7}),
    Case("ill-conditioned, no noise", STEEP, 1e-5, CLEAN, options={"aspect_ratio": 0.7}),
    Case("plateau between two levels", TWO_LEVEL, 1e-3, TASK, options={"aspect_ratio": 2.0}),
    Case("large ridge, three masks", POWER, 0.999, TASK, rows="masked",
         options={"aspect_ratio": 0.9999, "ridge": 1e3, "masks_per_sample": 3}),
    Case("three masks beside the threshold", POWER, 0.1, TASK, rows="masked",
         options={"aspect_ratio": 0.3 * (1 + 1e-8), "masks_per_sample": 3}),
    Case("singular beside its threshold", SINGULAR, 0.0, TASK,
         options={"aspect_ratio": 5 / 3 * (1 + 1e-8)}),
    Case("plateau, unmasked", (1e-9, 1e-9, 1.0, 1.0), 0.0, TASK, options={"ridge": 1e-14}),
    Case("unmasked", POWER, 0.0, TASK, options={"aspect_ratio": 2.0}),
    Case("unmasked, singular", SINGULAR, 0.0, TASK, options={"aspect_ratio": 1.2}),
    Case("singular", SINGULAR, 0.4, TASK, options={"aspect_ratio": 1.2}),
    Case("singular, masked feature", SINGULAR, 0.4, rows="masked", options={"aspect_ratio": 1.0}),
    Case("nearly everything masked", POWER, 1 - 1e-5, TASK, options={"aspect_ratio": 1.0001}),
    Case("masked feature", POWER, 0.5, rows="masked", options={"aspect_ratio": 0.3}),
    Case("masked feature, large d", POWER, 0.15, rows="masked", options={"aspect_ratio": 4.0}),
    Case("law of three", POWER, THREE, TASK, options={"aspect_ratio": 2.0}),
    Case("law of three, few features", POWER, THREE, TASK, options={"aspect_ratio": 0.4}),
    Case("law with zero rows", POWER, rl.DiscreteRatio([0.3, 1.0], [2, 1]), TASK,
         options={"aspect_ratio": 0.5, "ridge": 0.01}),
    Case("law with zero rows, ridgeless", POWER, rl.DiscreteRatio([0.3, 1.0], [2, 1]), TASK,
         options={"aspect_ratio": 0.5}),
    Case("law that leaves rows alone", SINGULAR, rl.DiscreteRatio([0.0, 0.5], [9, 1]), TASK,
         options={"aspect_ratio": 0.8}),
    Case("law, masked rows", POWER, THREE, rows="masked", options={"aspect_ratio": 1.5}),
    Case("two masks", POWER, 0.4, TASK, options={"aspect_ratio": 1.5, "masks_per_sample": 2}),
    Case("two masks, many features", POWER, 0.4, TASK,
         options={"aspect_ratio": 5.0, "masks_per_sample": 2}),
    Case("four masks, masked rows", POWER, 0.25, rows="masked",
         options={"aspect_ratio": 2.0, "masks_per_sample": 4}),
    Case("infinitely many masks", POWER, 0.4, TASK,
         options={"aspect_ratio": 3.0, "masks_per_sample": math.inf}),
    Case("infinitely many masks of a law", POWER, THREE, rows="masked",
         options={"aspect_ratio": 0.8, "masks_per_sample": math.inf}),
    Case("masked test inputs", POWER, 0.4, TASK,
         options={"aspect_ratio": 0.5, "test_mask_ratio": 0.3}),
    Case("everything at once", STEEP, 0.9, TASK, rows="masked",
         options={"aspect_ratio": 1.1, "ridge": 1e-6, "masks_per_sample": 3,
                  "test_mask_ratio": 0.9}),
]  # fmt: skip

"""One table of problems, each with one tag that names its regime.

The tags part the table: `tests/test_problems.py` checks that of their conditions exactly one holds
for each case, and that it is the tag's. What else a case has (a target, masks, a law) is free.
"""

import math
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

import ridgeless as rl

#: How near a threshold counts as beside it.
BESIDE = 1e-6


class Regime(Enum):
    """What the training rows leave open; every case has one."""

    NOTHING = "no row says anything of the target, so that the prediction is 0"
    EVERY_MASK = "infinitely many masks of each sample: ridge regression on unmasked rows"
    RIDGE = "a penalty bounds what rows leave open"
    BETWEEN = "unmasked rows are dependent, and there are too few others for the other features"
    BELOW = "more rows than features, without a penalty: least squares"
    JUST_BELOW = "hardly more rows than features"
    THRESHOLD = "as many rows as features, exactly"
    JUST_ABOVE = "hardly fewer rows than features"
    ABOVE = "fewer rows than features, without a penalty: interpolation"


class Scheme(NamedTuple):
    """How training inputs are masked, whatever a case says it with."""

    ratios: tuple[float, ...]
    shares: tuple[float, ...]  #: of masks, by ratio
    losses: tuple[float, ...]  #: weights of rows in the loss, by ratio
    masks: float
    rows: str


@dataclass(frozen=True)
class Case:
    """What is given to every front and to the reference."""

    name: str
    regime: Regime
    eigenvalues: tuple[float, ...]
    mask_ratio: Any
    target: Any = field(default_factory=rl.MaskedFeature)
    rows: str | None = "all"
    options: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name

    @property
    def aspect_ratio(self) -> float:
        return float(self.options.get("aspect_ratio", 2.0))

    @property
    def ridge(self) -> float:
        return float(self.options.get("ridge", 0.0))

    @property
    def arguments(self) -> tuple[Any, dict[str, Any]]:
        """The ratio or law, and every keyword, with no `Masking` among them."""
        given = self.mask_ratio
        keywords = {"aspect_ratio": 2.0, "rows": self.rows or self.target.rows} | self.options
        if not isinstance(given, rl.Masking):
            return given, keywords
        named = {"rows": given.rows, "masks_per_sample": given.masks_per_sample}
        keywords |= {name: value for name, value in named.items() if value is not None}
        ratio = given.ratio
        return (ratio if isinstance(ratio, rl.RatioLaw) else float(ratio)), keywords

    @cached_property
    def scheme(self) -> Scheme:
        """How training inputs are masked, in numbers."""
        ratio, keywords = self.arguments
        law = ratio if isinstance(ratio, rl.RatioLaw) else rl.DiscreteRatio([ratio])
        mask, share = law.nodes(64)
        ratios, shares, loss = (tuple(map(float, x)) for x in (mask, share, law.loss_weight(mask)))
        return Scheme(ratios, shares, loss, keywords.get("masks_per_sample", 1), keywords["rows"])

    @cached_property
    def rows_per_sample(self) -> float:
        """Rows of a sample that are not zero, nor equal."""
        ratios, shares, losses, masks, rows = self.scheme
        used = [
            w * (p if rows == "masked" else 1.0)
            for p, w, loss in zip(ratios, shares, losses, strict=True)
            if p < 1 and loss > 0
        ]
        if masks == math.inf:
            return float(any(used))
        if rows == "all" and masks > 1 and ratios == (0.0,):
            return 1.0
        return masks * math.fsum(used)

    @cached_property
    def flat(self) -> float:
        """Share of the directions in which features have no variance."""
        return float(np.mean(np.array(self.eigenvalues) == 0))

    @cached_property
    def bare(self) -> float:
        """Share of the rows in which nothing is masked."""
        ratios, shares, losses, _, rows = self.scheme
        if rows == "masked":
            return 0.0
        used = [
            (p, w) for p, w, loss in zip(ratios, shares, losses, strict=True) if p < 1 and loss > 0
        ]
        return math.fsum(w for p, w in used if p == 0) / (math.fsum(w for _, w in used) or 1)

    @cached_property
    def columns(self) -> Fraction:
        """Share of the features that rows can tell apart."""
        varies = sum(s > 0 for s in self.eigenvalues)
        return Fraction(varies, len(self.eigenvalues)) if self.bare == 1 else Fraction(1)

    @property
    def crowded(self) -> bool:
        """Whether unmasked rows are dependent while the other rows leave features open."""
        seen, gamma = self.rows_per_sample, self.aspect_ratio
        unmasked, others = self.bare * seen, (1 - self.bare) * seen
        return others > 0 and unmasked > gamma * (1 - self.flat) and gamma * self.flat > others

    @property
    def overhang(self) -> Fraction:
        """Features per row, less one, without rounding: positive above the threshold."""
        return Fraction(self.aspect_ratio) * self.columns / Fraction(self.rows_per_sample) - 1


def plain(case: Case) -> bool:
    """Whether there are rows, finitely many per sample, no ridge, and no crowding."""
    return (
        case.rows_per_sample > 0
        and case.aspect_ratio < math.inf
        and case.scheme.masks < math.inf
        and case.ridge == 0
        and not case.crowded
    )


#: When a case is of a regime.
CONDITIONS = {
    Regime.NOTHING: lambda c: c.rows_per_sample == 0 or c.aspect_ratio == math.inf,
    Regime.EVERY_MASK: lambda c: c.rows_per_sample > 0 and c.scheme.masks == math.inf,
    Regime.RIDGE: lambda c: c.rows_per_sample > 0 and c.ridge > 0 and c.scheme.masks < math.inf,
    Regime.BETWEEN: lambda c: (
        c.rows_per_sample > 0 and c.crowded and c.ridge == 0 and c.scheme.masks < math.inf
    ),
    Regime.BELOW: lambda c: plain(c) and c.overhang < -BESIDE,
    Regime.JUST_BELOW: lambda c: plain(c) and -BESIDE <= c.overhang < 0,
    Regime.THRESHOLD: lambda c: plain(c) and c.overhang == 0,
    Regime.JUST_ABOVE: lambda c: plain(c) and 0 < c.overhang <= BESIDE,
    Regime.ABOVE: lambda c: plain(c) and c.overhang > BESIDE,
}

POWER = tuple(float(s) for s in rl.Spectrum.power_law(1.0, 12).eigenvalues)
STEEP = tuple(float(s) for s in 10 ** np.linspace(-9, 0, 10))
SINGULAR = (0.0, 0.0, 0.5, 1.0, 3.0)
HALF = (0.0, 0.0, 1.0, 3.0)
TWO_LEVEL = (1e-6, 1e-6, 1.0, 1.0)

TASK = rl.LinearTarget(snr=4.0, alignment=0.5)
CLEAN = rl.LinearTarget(snr=math.inf)
THREE = rl.DiscreteRatio([0.2, 0.5, 0.9], [3, 2, 1])
WITH_ZEROS = rl.DiscreteRatio([0.3, 1.0], [2, 1])
WITH_BARE = rl.DiscreteRatio([0.0, 0.5], [9, 1])
LOADED = rl.DiscreteRatio([0.2, 0.5, 0.9], [3, 2, 1], loss_weights=[0.25, 1.0, 8.0])
UNEVEN = rl.DiscreteRatio([0.2, 0.7], [2, 1])  # neither weights nor mean are binary numbers

R = Regime
CASES = [
    Case("underparametrised", R.BELOW, POWER, 0.3, TASK, options={"aspect_ratio": 0.5}),
    Case("overparametrised", R.ABOVE, POWER, 0.3, TASK, options={"aspect_ratio": 3.0}),
    Case("just below the threshold", R.JUST_BELOW, POWER, 0.5, TASK,
         options={"aspect_ratio": 1 - 1e-8}),
    Case("at the threshold", R.THRESHOLD, POWER, 0.5, TASK, options={"aspect_ratio": 1.0}),
    Case("just above the threshold", R.JUST_ABOVE, POWER, 0.5, TASK,
         options={"aspect_ratio": 1 + 1e-8}),
    Case("at the threshold of a masked feature", R.THRESHOLD, POWER, 0.25, rows="masked",
         options={"aspect_ratio": 0.25}),
    Case("at the threshold of two masks", R.THRESHOLD, POWER, 0.25, TASK, rows="masked",
         options={"aspect_ratio": 0.5, "masks_per_sample": 2}),
    Case("at the threshold of a law", R.THRESHOLD, POWER, rl.DiscreteRatio([0.25, 0.75], [1, 3]),
         TASK, rows="masked", options={"aspect_ratio": 0.625}),
    Case("law beside the threshold", R.JUST_ABOVE, POWER, UNEVEN, TASK, rows="masked",
         options={"aspect_ratio": 1.1 / 3 * (1 + 1e-8)}),
    Case("law with zero rows beside the threshold", R.JUST_BELOW, POWER, WITH_ZEROS, TASK,
         options={"aspect_ratio": 2 / 3 * (1 - 1e-8)}),
    Case("at the threshold, no noise, unmasked", R.THRESHOLD, POWER, 0.0, CLEAN,
         options={"aspect_ratio": 1.0}),
    Case("ridge at the threshold", R.RIDGE, POWER, 0.5, TASK,
         options={"aspect_ratio": 1.0, "ridge": 1e-14}),
    Case("large ridge", R.RIDGE, POWER, 0.5, TASK, options={"ridge": 1e3}),
    Case("huge ridge", R.RIDGE, POWER, 0.5, TASK, options={"ridge": 1e200}),
    Case("huge data", R.BELOW, POWER, 0.5, TASK, options={"aspect_ratio": 1e-200}),
    Case("huge data of a law", R.BELOW, POWER, THREE, TASK, options={"aspect_ratio": 1e-200}),
    Case("no data", R.NOTHING, POWER, 0.5, TASK, options={"aspect_ratio": math.inf}),
    Case("everything masked", R.NOTHING, POWER, 1.0, TASK),
    Case("no masked feature to train on", R.NOTHING, POWER, 0.0, rows="masked"),
    Case("ill-conditioned", R.ABOVE, STEEP, 0.01, TASK, options={"aspect_ratio": 1.7}),
    Case("ill-conditioned, no noise", R.BELOW, STEEP, 1e-5, CLEAN, options={"aspect_ratio": 0.7}),
    Case("plateau between two levels", R.ABOVE, TWO_LEVEL, 1e-3, TASK,
         options={"aspect_ratio": 2.0}),
    Case("large ridge, three masks", R.RIDGE, POWER, 0.999, TASK, rows="masked",
         options={"aspect_ratio": 0.9999, "ridge": 1e3, "masks_per_sample": 3}),
    Case("three masks beside the threshold", R.JUST_ABOVE, POWER, 0.1, TASK, rows="masked",
         options={"aspect_ratio": 0.3 * (1 + 1e-8), "masks_per_sample": 3}),
    Case("singular beside its threshold", R.JUST_ABOVE, SINGULAR, 0.0, TASK,
         options={"aspect_ratio": 5 / 3 * (1 + 1e-8)}),
    Case("singular at its threshold", R.THRESHOLD, HALF, 0.0, TASK, options={"aspect_ratio": 2.0}),
    Case("singular a rounding above its threshold", R.JUST_ABOVE, SINGULAR, 0.0, TASK,
         options={"aspect_ratio": 5 / 3}),
    Case("half of the directions flat, unmasked", R.BELOW, HALF, 0.0, rl.LinearTarget(),
         options={"aspect_ratio": 0.5}),
    Case("plateau, unmasked", R.RIDGE, (1e-9, 1e-9, 1.0, 1.0), 0.0, TASK,
         options={"ridge": 1e-14}),
    Case("unmasked", R.ABOVE, POWER, 0.0, TASK, options={"aspect_ratio": 2.0}),
    Case("unmasked, singular", R.BELOW, SINGULAR, 0.0, TASK, options={"aspect_ratio": 1.2}),
    Case("singular", R.ABOVE, SINGULAR, 0.4, TASK, options={"aspect_ratio": 1.2}),
    Case("singular, masked feature", R.ABOVE, SINGULAR, 0.4, rows="masked",
         options={"aspect_ratio": 1.0}),
    Case("nearly everything masked", R.ABOVE, POWER, 1 - 1e-5, TASK,
         options={"aspect_ratio": 1.0001}),
    Case("masked feature", R.BELOW, POWER, 0.5, rows="masked", options={"aspect_ratio": 0.3}),
    Case("masked feature, large d", R.ABOVE, POWER, 0.15, rows="masked",
         options={"aspect_ratio": 4.0}),
    Case("law of three", R.ABOVE, POWER, THREE, TASK, options={"aspect_ratio": 2.0}),
    Case("law of three, few features", R.BELOW, POWER, THREE, TASK, options={"aspect_ratio": 0.4}),
    Case("uniform law", R.ABOVE, POWER, rl.UniformRatio(0.1, 0.9), TASK,
         options={"aspect_ratio": 2.0}),
    Case("law with zero rows", R.RIDGE, POWER, WITH_ZEROS, TASK,
         options={"aspect_ratio": 0.5, "ridge": 0.01}),
    Case("law with zero rows, ridgeless", R.BELOW, POWER, WITH_ZEROS, TASK,
         options={"aspect_ratio": 0.5}),
    Case("law with zero rows and bare ones", R.ABOVE, POWER,
         rl.DiscreteRatio([0.0, 0.4, 1.0], [1, 2, 1]), TASK, options={"aspect_ratio": 1.5}),
    Case("law that leaves rows alone", R.BETWEEN, SINGULAR, WITH_BARE, TASK,
         options={"aspect_ratio": 0.8}),
    Case("law that leaves rows of full rank alone", R.BELOW, POWER, WITH_BARE, TASK,
         options={"aspect_ratio": 0.8}),
    Case("law, masked rows", R.ABOVE, POWER, THREE, rows="masked", options={"aspect_ratio": 1.5}),
    Case("two masks", R.BELOW, POWER, 0.4, TASK,
         options={"aspect_ratio": 1.5, "masks_per_sample": 2}),
    Case("two masks, many features", R.ABOVE, POWER, 0.4, TASK,
         options={"aspect_ratio": 5.0, "masks_per_sample": 2}),
    Case("four masks, masked rows", R.ABOVE, POWER, 0.25, rows="masked",
         options={"aspect_ratio": 2.0, "masks_per_sample": 4}),
    Case("four masks, hardly any masked, singular", R.BELOW, SINGULAR, 1e-60, TASK,
         options={"aspect_ratio": 2.0, "masks_per_sample": 4}),
    Case("five masks of nothing", R.ABOVE, POWER, 0.0, TASK,
         options={"aspect_ratio": 2.0, "masks_per_sample": 5}),
    Case("infinitely many masks", R.EVERY_MASK, POWER, 0.4, TASK,
         options={"aspect_ratio": 3.0, "masks_per_sample": math.inf}),
    Case("infinitely many masks of a law", R.EVERY_MASK, POWER, THREE, rows="masked",
         options={"aspect_ratio": 0.8, "masks_per_sample": math.inf}),
    Case("infinitely many masks, ridge, singular", R.EVERY_MASK, SINGULAR, 0.4, TASK,
         options={"aspect_ratio": 0.8, "masks_per_sample": math.inf, "ridge": 0.3}),
    Case("masked test inputs", R.BELOW, POWER, 0.4, TASK,
         options={"aspect_ratio": 0.5, "test_mask_ratio": 0.3}),
    Case("nothing left of test inputs", R.BELOW, POWER, 0.4, TASK,
         options={"aspect_ratio": 0.5, "test_mask_ratio": 1.0}),
    Case("everything at once", R.RIDGE, STEEP, 0.9, TASK, rows="masked",
         options={"aspect_ratio": 1.1, "ridge": 1e-6, "masks_per_sample": 3,
                  "test_mask_ratio": 0.9}),
    Case("loss weights", R.BELOW, POWER, LOADED, TASK, options={"aspect_ratio": 0.4}),
    Case("loss weights, interpolation", R.ABOVE, POWER, LOADED, TASK,
         options={"aspect_ratio": 2.0}),
    Case("loss weights, ridge, masked rows", R.RIDGE, POWER, LOADED, rows="masked",
         options={"aspect_ratio": 0.4, "ridge": 0.1}),
    Case("loss weights, infinitely many masks", R.EVERY_MASK, POWER, LOADED, TASK,
         options={"aspect_ratio": 0.8, "masks_per_sample": math.inf, "ridge": 0.1}),
    Case("a loss weight, three masks", R.RIDGE, POWER, rl.DiscreteRatio([0.4], loss_weights=[4.0]),
         TASK, options={"aspect_ratio": 2.0, "masks_per_sample": 3, "ridge": 0.1}),
    Case("a loss weight of zero", R.ABOVE, POWER,
         rl.DiscreteRatio([0.2, 0.5], [1, 1], loss_weights=[1.0, 0.0]), TASK,
         options={"aspect_ratio": 0.75}),
    Case("masking", R.ABOVE, POWER, rl.Masking(0.4), TASK, rows=None,
         options={"aspect_ratio": 1.5}),
    Case("masking of a law", R.BELOW, POWER, rl.Masking(LOADED, rows="masked"), TASK, rows=None,
         options={"aspect_ratio": 0.2}),
    Case("masking, infinitely many", R.EVERY_MASK, POWER,
         rl.Masking(THREE, masks_per_sample=math.inf), TASK, rows=None,
         options={"aspect_ratio": 0.8}),
    Case("masking, three masks of a masked feature", R.ABOVE, POWER,
         rl.Masking(0.25, masks_per_sample=3, rows="masked"), rows=None,
         options={"aspect_ratio": 2.0}),
]  # fmt: skip

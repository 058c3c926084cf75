"""The table of problems: one regime each, and everything there is to cover."""

import math
from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

import ridgeless as rl
from tests.problems import BESIDE, CASES, CONDITIONS, Case, Regime


@pytest.mark.parametrize("case", CASES, ids=str)
def test_of_all_conditions_that_of_the_tag_holds_alone(case: Case) -> None:
    assert [regime for regime, holds in CONDITIONS.items() if holds(case)] == [case.regime]


def test_the_list_of_regimes_is_closed_and_used() -> None:
    assert set(CONDITIONS) == set(Regime) == {case.regime for case in CASES}
    sentences = [regime.value for regime in Regime]
    assert len(set(sentences)) == len(sentences)
    assert all(" " in sentence for sentence in sentences)


def test_no_two_cases_are_one() -> None:
    names = Counter(case.name for case in CASES)
    assert max(names.values()) == 1
    given = Counter(
        (c.eigenvalues, repr(c.mask_ratio), repr(c.target), c.rows, repr(sorted(c.options.items())))
        for c in CASES
    )
    assert max(given.values()) == 1


#: What the table must have a case of, whatever its regime.
COVERED: dict[str, Callable[[Case], bool]] = {
    "a masked feature": lambda c: isinstance(c.target, rl.MaskedFeature),
    "a linear task": lambda c: isinstance(c.target, rl.LinearTarget),
    "no noise": lambda c: getattr(c.target, "snr", 1.0) == math.inf,
    "all rows": lambda c: c.scheme.rows == "all",
    "masked rows": lambda c: c.scheme.rows == "masked",
    "masked rows of a linear task": lambda c: (
        c.scheme.rows == "masked" and isinstance(c.target, rl.LinearTarget)
    ),
    "nothing masked": lambda c: c.scheme.ratios == (0.0,),
    "zero eigenvalues": lambda c: 0.0 in c.eigenvalues,
    "zero eigenvalues and nothing masked": lambda c: c.flat > 0 and c.scheme.ratios == (0.0,),
    "eigenvalues of nine decades": lambda c: max(c.eigenvalues) > 1e8 * min(c.eigenvalues) > 0,
    "a law": lambda c: len(c.scheme.ratios) > 1,
    "a continuous law": lambda c: getattr(c.mask_ratio, "continuous", False),
    "a law with an atom at 0": lambda c: len(c.scheme.ratios) > 1 and 0.0 in c.scheme.ratios,
    "a law with an atom at 1": lambda c: len(c.scheme.ratios) > 1 and 1.0 in c.scheme.ratios,
    "a law with both": lambda c: {0.0, 1.0} < set(c.scheme.ratios),
    "several masks": lambda c: 1 < c.scheme.masks < math.inf,
    "infinitely many masks": lambda c: c.scheme.masks == math.inf,
    "infinitely many masks of a law": lambda c: (
        c.scheme.masks == math.inf and len(c.scheme.ratios) > 1
    ),
    "a ridge": lambda c: c.ridge > 0,
    "a ridge and infinitely many masks": lambda c: c.ridge > 0 and c.scheme.masks == math.inf,
    "masked test inputs": lambda c: 0 < c.options.get("test_mask_ratio", 0) < 1,
    "nothing left of test inputs": lambda c: c.options.get("test_mask_ratio") == 1,
    "loss weights": lambda c: len({*c.scheme.losses}) > 1,
    "a loss weight of zero": lambda c: 0.0 in c.scheme.losses,
    "loss weights and infinitely many masks": lambda c: (
        len({*c.scheme.losses}) > 1 and c.scheme.masks == math.inf
    ),
    "a Masking": lambda c: isinstance(c.mask_ratio, rl.Masking),
    "a Masking that says its masks": lambda c: (
        isinstance(c.mask_ratio, rl.Masking) and c.mask_ratio.masks_per_sample is not None
    ),
    "a Masking that says its rows": lambda c: (
        isinstance(c.mask_ratio, rl.Masking) and c.mask_ratio.rows is not None
    ),
    "a Masking of a law": lambda c: (
        isinstance(c.mask_ratio, rl.Masking) and isinstance(c.mask_ratio.ratio, rl.RatioLaw)
    ),
    "numbers at the ends of the range": lambda c: c.ridge > 1e100 or c.aspect_ratio < 1e-100,
}


@pytest.mark.parametrize("what", COVERED)
def test_there_is_a_case_of(what: str) -> None:
    assert any(map(COVERED[what], CASES))
    assert not all(map(COVERED[what], CASES))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_numbers_of_a_case_are_those_of_its_arguments(case: Case) -> None:
    ratio, keywords = case.arguments
    assert not isinstance(ratio, rl.Masking)
    mean = ratio.mean if isinstance(ratio, rl.RatioLaw) else ratio
    ratios, shares = np.array(case.scheme.ratios), np.array(case.scheme.shares)
    assert shares @ ratios == pytest.approx(mean, rel=1e-12)
    assert keywords["rows"] in ("all", "masked")
    assert case.ridge == keywords.get("ridge", 0.0)
    assert case.aspect_ratio == keywords["aspect_ratio"]


def test_thresholds_are_where_rows_are_counted() -> None:
    """By the definition of each kind of rows, from small numbers."""
    per_sample = {case.name: case.rows_per_sample for case in CASES}
    assert per_sample["at the threshold of two masks"] == 2 * 0.25
    assert per_sample["at the threshold of a law"] == 0.25 * 0.25 + 0.75 * 0.75
    assert per_sample["law with zero rows"] == pytest.approx(2 / 3)
    assert per_sample["five masks of nothing"] == 1
    assert per_sample["a loss weight of zero"] == 0.5
    assert per_sample["everything masked"] == per_sample["no masked feature to train on"] == 0
    for case in CASES:
        if case.regime in (Regime.JUST_BELOW, Regime.JUST_ABOVE):
            assert 0 < abs(case.overhang) < BESIDE

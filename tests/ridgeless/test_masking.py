"""A masking is a value, and a keyword beside it may not contradict it."""

import copy
import dataclasses
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given

import ridgeless as rl
from ridgeless.masking import masking_of, ungrouped
from tests import strategies

FULL = rl.Masking(0.5, masks_per_sample=3, rows="masked", fill="rescale", groups=[0, 0, 1])
PARTS = {"masks_per_sample": 3, "rows": "masked", "groups": (0, 0, 1), "fill": "rescale"}
#: What a function has that leaves everything open.
OPEN: dict[str, Any] = {"masks_per_sample": 1, "rows": None, "groups": None}


@given(strategies.maskings, strategies.maskings)
def test_equal_are_those_with_equal_parts(first: rl.Masking, second: rl.Masking) -> None:
    def parts(m: rl.Masking) -> tuple[Any, ...]:
        ratio = m.ratio if isinstance(m.ratio, rl.RatioLaw) else (m.shape, *m.ratio.ravel())
        return ratio, m.masks_per_sample, m.rows, m.groups

    assert (first == second) == (parts(first) == parts(second))
    if first == second:
        assert hash(first) == hash(second)
    for twin in (pickle.loads(pickle.dumps(first)), dataclasses.replace(first)):
        assert twin == first
        assert hash(twin) == hash(first)
        assert repr(twin) == repr(first)


@given(strategies.maskings)
def test_every_part_counts(masking: rl.Masking) -> None:
    others = [
        masking.with_ratio(0.123),
        dataclasses.replace(masking, masks_per_sample=7),
        dataclasses.replace(masking, groups=[5, 5, 6, 7, 5]),
        dataclasses.replace(masking, rows="all" if masking.rows != "all" else "masked"),
    ]
    assert all(other != masking for other in others)
    assert len({masking, *others}) == 5


def test_an_array_of_ratios_is_read_only() -> None:
    given = np.array([0.1, 0.2])
    masking = rl.Masking(given)
    for twin in (masking, masking.with_ratio(given), copy.copy(masking), copy.deepcopy(masking),
                 pickle.loads(pickle.dumps(masking))):  # fmt: skip
        with pytest.raises(ValueError, match="read-only"):
            twin.ratio[0] = 0.9
    given[0] = 0.9  # is a copy
    assert masking == rl.Masking([0.1, 0.2])


def test_labels_of_groups_are_flat() -> None:
    for groups in ([[1], [1, 2]], [[1, 2]], []):
        with pytest.raises(rl.DomainError, match="groups must hold one label per feature"):
            rl.Masking(0.5, groups=groups)


def test_what_is_the_same_however_it_is_said() -> None:
    assert rl.Masking(0.5) == rl.Masking(np.float64(0.5)) == rl.Masking(np.array(0.5))
    assert rl.Masking(1) == rl.Masking(1.0)
    assert rl.Masking([0.5]) == rl.Masking(np.array([0.5])) != rl.Masking(0.5)
    assert rl.Masking(0.5, masks_per_sample=2.0) == rl.Masking(0.5, masks_per_sample=2)
    labels = ["a", "a", "b"]
    assert rl.Masking(0.5, groups=labels) == rl.Masking(0.5, groups=np.array(labels))
    assert rl.Masking(0.5) != rl.Masking(rl.DiscreteRatio([0.5]))
    # Left open is not the same as set to what is usual.
    assert rl.Masking(0.5) != rl.Masking(0.5, masks_per_sample=1)
    assert rl.Masking(0.5) != 0.5


def test_it_holds_what_it_was_given_then() -> None:
    ratios = np.array([0.1, 0.2])
    masking = rl.Masking(ratios)
    before = hash(masking)
    ratios[0] = 0.9
    assert masking == rl.Masking([0.1, 0.2])
    assert hash(masking) == before
    with pytest.raises(dataclasses.FrozenInstanceError):
        masking.rows = "all"  # type: ignore[misc]


def test_it_shows_what_was_set() -> None:
    assert repr(rl.Masking(0.5)) == "Masking(0.5)"
    assert repr(rl.Masking([0.5], rows="all")) == "Masking([0.5], rows='all')"
    assert repr(FULL) == (
        "Masking(0.5, masks_per_sample=3, rows='masked', fill='rescale', "
        "groups=<2 groups of 3 features>)"
    )
    law = rl.UniformRatio(0.2, 0.3)
    assert repr(rl.Masking(law, masks_per_sample=math.inf)) == (
        f"Masking({law!r}, masks_per_sample=inf)"
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"ratio": 1.2}, r"mask_ratio must lie in \[0, 1\], got 1.2"),
        ({"ratio": [0.1, -0.5]}, r"mask_ratio must lie in \[0, 1\], got -0.5"),
        ({"ratio": math.nan}, "mask_ratio must not contain nan"),
        ({"ratio": "half"}, "mask_ratio must be real numbers, got 'half'"),
        ({"ratio": None}, "mask_ratio must be real numbers, got None"),
        ({"ratio": FULL}, "mask_ratio must be real numbers, got Masking"),
        ({"masks_per_sample": 0}, "masks_per_sample must be an integer of at least 1, got 0"),
        ({"masks_per_sample": 1.5}, "masks_per_sample must be an integer of at least 1, got 1.5"),
        ({"masks_per_sample": -math.inf}, "masks_per_sample must be an integer .* got -inf"),
        ({"masks_per_sample": math.nan}, "masks_per_sample must not contain nan"),
        ({"masks_per_sample": "two"}, "masks_per_sample must be real numbers, got 'two'"),
        ({"masks_per_sample": [1, 2]}, "masks_per_sample must be one number, got an array"),
        ({"rows": "some"}, "rows must be 'masked', 'all' or None, got 'some'"),
        ({"rows": 1}, "rows must be 'masked', 'all' or None, got 1"),
        ({"groups": []}, r"groups must hold one label per feature, got shape \(0,\)"),
        ({"groups": 3}, r"groups must hold one label per feature, got shape \(\)"),
        ({"groups": [[1, 2], [3, 4]]}, r"groups must hold .* got shape \(2, 2\)"),
    ],
)
def test_bad_values_are_named(arguments: dict[str, Any], says: str) -> None:
    arguments = {"ratio": 0.5} | arguments
    with pytest.raises(rl.DomainError, match=says):
        rl.Masking(arguments.pop("ratio"), **arguments)


# --- beside keywords ----------------------------------------------------------------------------


@given(strategies.maskings)
def test_parts_make_the_masking(masking: rl.Masking) -> None:
    keywords = {
        "masks_per_sample": masking.masks, "rows": masking.rows, "groups": masking.groups,
        "fill": masking.fill,
    }  # fmt: skip
    made = masking_of(masking.ratio, **keywords)
    assert made == dataclasses.replace(masking, masks_per_sample=masking.masks)
    # And what is left open is filled in, whether or not the rest is said again.
    assert masking_of(masking, **OPEN) == made
    if masking.masks_per_sample is not None:
        assert masking_of(masking, **keywords) == made


def test_what_is_left_open_is_what_is_usual() -> None:
    left = rl.Masking(0.5)
    assert masking_of(left, **OPEN).masks_per_sample == 1
    endless = OPEN | {"masks_per_sample": math.inf, "usual": math.inf}
    assert masking_of(left, **endless).masks_per_sample == math.inf
    assert masking_of(FULL, **endless) == FULL
    assert masking_of(left, **OPEN).rows is None


@pytest.mark.parametrize("name", PARTS)
def test_a_keyword_may_repeat_what_it_stands_beside(name: str) -> None:
    assert masking_of(FULL, **OPEN | {name: PARTS[name]}) == FULL


@pytest.mark.parametrize(
    ("name", "value", "held"),
    [
        ("masks_per_sample", 4, "3"),
        ("masks_per_sample", math.inf, "3"),
        ("rows", "all", "'masked'"),
        ("groups", [0, 1, 1], r"\(0, 0, 1\)"),
    ],
)
def test_a_contradiction_is_named(name: str, value: Any, held: str) -> None:
    says = rf"^{name} = .* contradicts the Masking beside it, which has {held}; set it there"
    with pytest.raises(rl.DomainError, match=says):
        masking_of(FULL, **OPEN | {name: value})


@pytest.mark.parametrize("name", PARTS)
def test_what_was_left_open_is_not_set_from_beside(name: str) -> None:
    with pytest.raises(rl.DomainError, match=f"^{name} = .* which has (None|'zero')"):
        masking_of(rl.Masking(0.5), **OPEN | {name: PARTS[name]})


def test_a_bad_keyword_is_named_beside_a_masking_too() -> None:
    with pytest.raises(rl.DomainError, match="masks_per_sample must be an integer"):
        masking_of(FULL, **OPEN | {"masks_per_sample": 0})
    with pytest.raises(rl.DomainError, match="rows must be 'masked', 'all' or None"):
        masking_of(FULL, **OPEN | {"rows": "none"})


def test_groups_are_refused_where_there_are_no_features() -> None:
    plain = rl.Masking(0.5)
    assert ungrouped(plain, "risk") is plain
    with pytest.raises(rl.DomainError, match=r"groups must be None in risk, .* covariance_risk"):
        ungrouped(FULL, "risk")


# --- one scheme of many -------------------------------------------------------------------------


def test_a_number_is_the_law_that_always_draws_it() -> None:
    assert rl.Masking(0.25).law == rl.DiscreteRatio([0.25])
    law = rl.UniformRatio()
    assert rl.Masking(law).law is law
    with pytest.raises(rl.DomainError, match=r"mask_ratio must be one scheme, .* \(2,\)"):
        _ = rl.Masking([0.1, 0.2]).law


@pytest.mark.parametrize(
    ("ratio", "masks", "continuous", "empties"),
    [
        (rl.UniformRatio(0.2, 0.6), None, True, False),
        (rl.UniformRatio(0.2, 1.0), None, True, True),
        (rl.UniformRatio(0.2, 1.0), 1, True, True),
        (rl.UniformRatio(0.2, 1.0), math.inf, False, True),
        (rl.UniformRatio(0.3, 0.3), None, False, False),
        (rl.DiscreteRatio([0.5, 1.0]), None, False, False),
        (1.0, None, False, False),
        ([0.5, 1.0], None, False, False),
    ],
)
def test_what_theory_must_know_of_a_law(
    ratio: Any, masks: Any, continuous: bool, empties: bool
) -> None:
    masking = rl.Masking(ratio, masks_per_sample=masks)
    assert (masking.continuous, masking.empties_rows) == (continuous, empties)


def test_an_array_is_as_many_schemes() -> None:
    ratios = [[0.1, 0.4], [0.0, 1.0]]
    many = rl.Masking(ratios, masks_per_sample=2, rows="all")
    assert many.shape == (2, 2)
    classes = many.row_classes(64)
    for number, ratio in enumerate(np.ravel(ratios)):
        alone = many.with_ratio(ratio).row_classes(64)
        np.testing.assert_array_equal(classes.weight[number], alone.weight[0])
        np.testing.assert_array_equal(classes.kept[number], alone.kept[0])
        assert classes.rows[number] == alone.rows[0]


def test_rows_that_were_set_stay() -> None:
    assert rl.Masking(0.5).with_rows("masked").rows == "masked"
    assert FULL.with_rows("all") is FULL


def test_groups_are_the_same_by_any_names() -> None:
    named = rl.Masking(0.5, groups=["a", "a", "b"])
    assert named == rl.Masking(0.5, groups=[7, 7, 0])
    assert named != rl.Masking(0.5, groups=["a", "b", "b"])
    sigma, task = np.diag([1.0, 2.0, 3.0]), {"beta": np.ones(3), "noise": 1.0, "aspect_ratio": 2.0}
    one = rl.covariance_risk(sigma, mask_ratio=named, groups=[0, 0, 1], **task)
    assert (
        one.total == rl.covariance_risk(sigma, mask_ratio=0.5, groups=["x", "x", "y"], **task).total
    )


@pytest.mark.parametrize("groups", [[0.0, np.nan], [[0, 1], [2]], np.array([{}, 1], object)])
def test_groups_that_are_no_labels_are_refused(groups: Any) -> None:
    with pytest.raises(rl.DomainError, match="groups must"):
        rl.Masking(0.5, groups=groups)


def test_other_kinds_of_arguments_are_refused_or_taken_as_numbers() -> None:
    rows: Any = np.array(["all", "masked"])
    with pytest.raises(rl.DomainError, match="rows must be"):
        rl.Masking(0.5, rows=rows)
    forever: Any = np.array(np.inf)
    assert hash(rl.Masking(0.5, masks_per_sample=forever)) == hash(
        rl.Masking(0.5, masks_per_sample=np.inf)
    )


@pytest.mark.parametrize("others", [(), (0.0,), (1.0, 0.0)])
@pytest.mark.parametrize("masks", [1, 2])
def test_rows_are_counted_with_the_ratios_that_classes_have(
    masks: int, others: tuple[float, ...]
) -> None:
    """A ratio of 1e-300 acts as 1e-60 does, in what a row shows and in how many rows there are."""
    given = {"masks_per_sample": masks, "rows": "masked", "ridge": 1e-3, "aspect_ratio": 0.0}
    task = {"target": rl.LinearTarget(), **given}
    law, same = (rl.DiscreteRatio([p, *others]) for p in (1e-300, 1e-60))
    assert rl.risk([1.0, 2.0], law, **task).total == rl.risk([1.0, 2.0], same, **task).total

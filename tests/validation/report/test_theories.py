"""Verdicts on theories, from curves that are known."""

import itertools

import pytest

from validation.report.theories import beside, told

RATIOS = ("0.1", "0.3", "0.5", "0.9")
MEASURED = dict(zip(RATIOS, (0.4, 0.3, 0.5, 0.9), strict=True))


def line(source, ratio, risk, **changes):
    about = {"source": source, "dataset": "digits", "model": "mlp", "width": 8, "n": 60}
    return about | {"ratio": ratio, "seed": 0, "test_ratio": "0", "risk": risk} | changes


def lines(theory, source="trained features", **changes):
    """Two seeds whose mean is the measured curve, and what a theory says."""
    found = [
        line("measured", ratio, risk + shift, seed=seed)
        for (ratio, risk), (seed, shift) in itertools.product(
            MEASURED.items(), enumerate((-0.1, 0.1))
        )
    ]
    return found + [line(source, ratio, theory[ratio], **changes) for ratio in RATIOS]


def test_the_curve_itself_holds_in_all_three_ways():
    (row,) = beside(lines(MEASURED))
    assert row["error"] == pytest.approx(0, abs=1e-12)
    assert row["tau"] == pytest.approx(1)
    assert (row["best_ratio"], row["cost"]) == ("0.3", pytest.approx(0))
    assert row["close"]
    assert row["orders"]
    assert row["cheap"]


def test_each_verdict_can_fail_alone():
    (far,) = beside(lines({ratio: 1.3 * risk for ratio, risk in MEASURED.items()}))
    assert (far["close"], far["orders"], far["cheap"]) == (False, True, True)
    # The order of two middling ratios is wrong, nothing else.
    (mixed,) = beside(lines(MEASURED | {"0.1": 0.45, "0.5": 0.44}))
    assert (mixed["close"], mixed["orders"], mixed["cheap"]) == (True, False, True)
    (dear,) = beside(lines(MEASURED | {"0.1": 0.34, "0.3": 0.35}))
    assert (dear["close"], dear["cheap"]) == (True, False)
    assert dear["cost"] == pytest.approx(0.4 / 0.3 - 1)
    flat = beside(lines(dict.fromkeys(RATIOS, 0.5)))[0]
    assert (flat["tau"], flat["orders"]) == (0.0, False)


def test_theories_that_know_no_model_stand_beside_all():
    (row,) = beside(lines(MEASURED, "linear", model=None, width=None, seed=None))
    assert row["source"] == "linear"
    (row,) = beside(lines(MEASURED, "random features", model=None, seed=None))
    assert row["source"] == "random features"
    assert not beside(lines(MEASURED, "linear", n=70, model=None, width=None))


def test_what_is_not_extrapolated_has_an_error_of_its_own():
    far = [line("measured", r, 2.0, test_ratio=r) for r in RATIOS]
    far += [line("trained features", r, 1.0, test_ratio=r) for r in RATIOS]
    (row,) = beside(lines(MEASURED) + far)
    assert row["own_error"] == pytest.approx(0.693, abs=1e-3)
    assert row["error"] == pytest.approx(0, abs=1e-12)
    assert beside(lines(MEASURED))[0]["own_error"] is None


def test_few_ratios_are_shown_without_a_verdict():
    few = [one for one in lines(MEASURED) if one["ratio"] in ("0.1", "uniform:0.1:0.9", "0.3")]
    (row,) = beside(few)
    assert row["error"] is row["close"] is None
    text = "\n".join(told([row]))
    assert "0.400" in text
    assert not list(told([]))

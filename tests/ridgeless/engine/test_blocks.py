"""Integrals over blocks, beside all blocks one by one."""

import itertools
from typing import Any

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.engine import blocks
from ridgeless.engine.resolvent import Missed
from ridgeless.engine.rows import table_of
from tests.tolerances import IDENTITY, LINEAR_ALGEBRA

D0, FLOOR, M1, M0, U1, U0, PHI = 0.9, 0.35, 0.8, 0.5, 0.3, 0.2, 0.1
LEFT = Missed(bias=0.1, power=0.3, signal=1.3, gap=0.45, scatter=0.06)


def one_by_one(table: Any, base: float) -> dict[str, float]:
    """Sums over all tuples of ratios, with inverses of blocks as they stand."""
    unit, masks = D0 / FLOOR, int(table.masks)
    chances = table.weight * table.count
    left, learnt = (1 + PHI) * LEFT.gap - PHI, (1 + PHI) * (1 - LEFT.gap)
    sums = dict.fromkeys(
        ("alpha", "beta", "a1", "b1", "a11", "a10", "a00", "ones", "extra", "unequal"), 0.0
    ) | {"design": 0.0, "noise": 0.0}
    none = [-1] if table.count < 1 else []
    for which in itertools.product([*range(chances.size), *none], repeat=masks):
        own = [i for i in which if i >= 0]
        chance = np.prod([chances[i] if i >= 0 else 1 - table.count for i in which]) / table.rows
        if not own:
            continue
        bare = [i for i in own if table.masked[i] == 0]
        own = [i for i in own if table.masked[i] > 0]
        grow = np.sqrt(np.array([1.0] * len(own) + [len(bare)] * bool(bare)))
        own += bare[:1]
        v, g, b = table.seen[own] * grow, table.target[own] * grow, table.masked[own] * unit
        missed = g * (left + learnt * table.lost[own])
        one, two, noise = np.outer(v, v), np.diag(b), np.diag(b) @ np.eye(len(b))
        assert (noise == two).all()
        for rho, share, loud in zip(table.power, table.chance, table.loud, strict=True):
            weight = chance * share
            inverse = np.linalg.inv(rho * base * np.eye(len(v)) + M1 * one + M0 * two)
            load = inverse @ (U1 * one + U0 * two) @ inverse
            carried = v @ inverse @ v
            for name, value in {
                "alpha": carried,
                "beta": np.trace(two @ inverse),
                "a1": rho * np.trace(inverse @ inverse @ one),
                "b1": rho * np.trace(inverse @ inverse @ two),
                "a11": carried**2,
                "a10": np.trace(inverse @ one @ inverse @ two),
                "a00": np.trace(inverse @ two @ inverse @ two),
                "ones": rho * np.trace(inverse),
                "extra": v @ inverse @ g - carried,
                "unequal": np.trace(two @ inverse) / unit - (v @ inverse @ g - carried),
                "design": LEFT.signal * missed @ load @ missed
                + (1 + PHI) ** 2 * LEFT.scatter * v @ load @ v
                + LEFT.power / unit * np.trace(two @ load),
                "noise": loud * g @ load @ g,
            }.items():
                sums[name] += weight * float(value)
    return sums


def found(table: Any, base: float) -> dict[str, float]:
    at = (D0, FLOOR, base, M1, M0)
    sums = blocks.block_sums(table, *at)._asdict()
    extra, unequal, ones = blocks.block_predictor(table, *at)
    design, noise = blocks.block_variance(table, *at, U1, U0, PHI, LEFT)
    return sums | {
        "extra": extra, "unequal": unequal, "ones": ones, "design": design, "noise": noise
    }  # fmt: skip


@pytest.mark.parametrize("base", [0.0, 0.7])
@pytest.mark.parametrize(
    ("ratios", "rows", "fill", "masks"),
    [
        ([0.1, 0.5, 0.8], "all", "zero", 2),
        ([0.1, 0.5, 0.8], "all", "zero", 4),
        ([0.1, 0.5, 1.0], "masked", "zero", 3),
        ([0.0, 0.5, 0.8], "masked", "rescale", 3),
        ([0.0, 0.5, 0.8], "all", "rescale", 4),
        ([0.0, 0.5, 0.8], "all", "zero", 3),
    ],
)
def test_every_sum(ratios: list[float], rows: str, fill: str, masks: int, base: float) -> None:
    law = rl.DiscreteRatio(ratios, [1, 2, 1], loss_weights=[1, 2, 0.5])
    made = rl.Masking(law, masks_per_sample=masks, rows=rows, fill=fill).row_moments(64)
    if base > 0:
        made = made.powered(rl.DiscretePower([1.0, 4.0]).rule(), shared=False)
    table = table_of(made).at(0)
    bare = base == 0 and (table.masked == 0).any()  # then the reference needs a tiny ridge
    expected = one_by_one(table, 1e-9 if bare else base)
    got = found(table, base)
    assert got["y"] + (1 - got["filled"]) * (got["below"] == 0) == pytest.approx(
        base * expected["ones"], rel=IDENTITY
    )
    names = set(expected) - ({"a1", "b1", "ones"} if base == 0 else set())
    if fill == "rescale":
        assert got["extra"] == 0
        names.discard("extra")
        expected["unequal"] = expected["beta"] / (D0 / FLOOR)
    tolerance = 1e-7 if bare else LINEAR_ALGEBRA
    assert {n: got[n] for n in names} == pytest.approx(
        {n: expected[n] for n in names}, rel=tolerance, abs=1e-13
    )


def test_many_masks_cost_no_digits() -> None:
    """Of K = 2^40 masks with almost equal ratios: those of one ratio, in the limit."""
    law = rl.DiscreteRatio([0.5, 0.5 + 1e-12])
    options = {"target": rl.LinearTarget(), "aspect_ratio": 0.5, "ridge": 0.2}
    many = rl.risk([1.0, 3.0], law, masks_per_sample=2**40, **options)
    same = rl.risk([1.0, 3.0], 0.5, masks_per_sample=2**40, **options)
    assert many.total == pytest.approx(same.total, rel=1e-11)


@pytest.mark.parametrize("order", [48, 96])
def test_ratios_close_to_one_keep_their_digits(order: int) -> None:
    """Rows that show a millionth: what they miss is one less a product of large and small."""
    law = rl.UniformRatio(0.99999, 0.999999)
    nodes = rl.Masking(law, masks_per_sample=3).row_moments(order)
    again = rl.Masking(law, masks_per_sample=3).row_moments(2 * order)
    left = LEFT._replace(gap=1 - 1.0 / (1 + 3e5))  # learnt = 1: all of what a row shows
    found = [
        blocks.block_variance(table_of(x).at(0), D0, FLOOR, 1.0, M1, M0, U1, U0, 3e5, left)[0]
        for x in (nodes, again)
    ]
    assert found[0] == pytest.approx(found[1], rel=1e-13)


def test_a_ridge_below_all_resolution_is_none() -> None:
    law = rl.DiscreteRatio([0.0, 1e-60, 0.4])
    found = [
        rl.risk([1.0, 3.0], law, masks_per_sample=3, aspect_ratio=4.0, ridge=ridge).total
        for ridge in (0.0, 1e-300)
    ]
    assert found[0] == pytest.approx(found[1], rel=IDENTITY)

"""What implementations of a protocol promise: one list and one check of each.

A new law, target, design or masking is checked by being added to its list; that no class is
missing from the lists is itself a test (tests/test_contracts.py).
"""

import copy
import json
import math
import pickle
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.engine.rows import table_of
from ridgeless.row_blocks import RowBlocks
from simulations import (
    EllipticalRows,
    GaussianRows,
    PowerRows,
    RademacherRows,
    RealRows,
    StudentRows,
)
from simulations.running.identity import digest, law_record
from tests import oracle
from tests.tolerances import IDENTITY, LINEAR_ALGEBRA, MONTE_CARLO_Z, NEGLIGIBLE, ROUNDING

TABLE = np.random.default_rng(0).gamma(2.0, size=(60, 4)) @ np.diag([1, 10, 2, 5])

LAWS: list[Any] = [
    rl.UniformRatio(),
    rl.UniformRatio(0.0, 1.0),
    rl.UniformRatio(0.3, 0.3),
    rl.DiscreteRatio([0.4]),
    rl.DiscreteRatio([0.4], loss_weights=[2.0]),
    rl.DiscreteRatio([0.1, 0.5, 0.9], [1, 2, 1]),
    rl.DiscreteRatio([0.0, 0.5, 1.0]),
    rl.DiscreteRatio([0.1, 0.5, 0.9], [1, 2, 1], loss_weights=[0.0, 1.0, 4.0]),
    rl.ScheduledRatio(0.8, 0.2),
    rl.ScheduledRatio(0.0, 1.0),
    rl.ScheduledRatio(0.2, 0.8, "cosine"),
    rl.ScheduledRatio(1.0, 0.5, "cosine"),
]

TARGETS: list[Any] = [
    rl.MaskedFeature(),
    rl.LinearTarget(),
    rl.LinearTarget(snr=4.0, alignment=1.5, signal_variance=3.0),
    rl.LinearTarget(snr=math.inf, alignment=0.5),
    rl.LinearTarget(snr=[1.0, 2.0], alignment=[0.5, 0.0, 2.0, 1.0]),
]

POWERS: list[Any] = [
    rl.StudentPower(3.0),
    rl.StudentPower(400.0),
    rl.LognormalPower(0.0),
    rl.LognormalPower(1.5),
    rl.DiscretePower([1.0]),
    rl.DiscretePower([0.0, 1.0, 5.0], [1, 2, 1]),
]

SPECTRA = [
    rl.Spectrum([0.5, 1.0, 2.0, 7.0]),
    rl.Spectrum([0.0, 1.0, 1e6, 3e6], [1.0, 1.0, 3.0, 1.0]),
]

DESIGNS: list[Any] = [
    GaussianRows(),
    RademacherRows(),
    StudentRows(12.0),
    StudentRows(12.5),
    EllipticalRows(12.0),
    PowerRows(rl.DiscretePower([0.5, 1.5])),
    PowerRows(rl.LognormalPower(0.5)),
    RealRows(TABLE),
    RealRows(TABLE[::-1] + 1e-3 * TABLE[::-1] ** 2),
]

MASKINGS = [
    rl.Masking(0.4),
    rl.Masking([0.0, 0.4, 1.0]),
    rl.Masking([[0.1], [0.4]], rows="masked"),
    rl.Masking(0.4, masks_per_sample=1),
    rl.Masking(0.4, masks_per_sample=3),
    rl.Masking(0.4, masks_per_sample=3, rows="masked"),
    rl.Masking([0.0, 0.25], masks_per_sample=5, rows="all"),
    rl.Masking(0.4, masks_per_sample=math.inf),
    rl.Masking(0.4, masks_per_sample=math.inf, rows="masked"),
    rl.Masking(0.4, groups=[0, 0, 1, 1]),
    *(rl.Masking(law) for law in LAWS),
    *(rl.Masking(law, rows="masked") for law in LAWS),
    *(rl.Masking(law, masks_per_sample=math.inf, rows="masked") for law in LAWS),
    *(rl.Masking(law, fill="rescale") for law in LAWS),
    *(rl.Masking(law, masks_per_sample=math.inf, fill="rescale") for law in LAWS),
    *(rl.Masking(law, masks_per_sample=3) for law in LAWS),
    *(rl.Masking(law, masks_per_sample=3, rows="masked", fill="rescale") for law in LAWS),
    rl.Masking([0.4, 0.0], masks_per_sample=3, rows="all", fill="rescale"),
]


def check_value(value: Hashable, others: Sequence[Any]) -> None:
    """A value equals its copies, whatever way they travel, and nothing else in its list."""
    for twin in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
        assert twin == value
        assert hash(twin) == hash(value)
        assert repr(twin) == repr(value)
    assert [other is value for other in others] == [other == value for other in others]
    assert value != "value"


def check_law(law: rl.RatioLaw) -> None:
    """Nodes, draws and loss weights are of one law."""
    assert eval(repr(law), vars(rl)) == law
    for order in (64, 512):
        rule = law.quadrature(order)
        assert rule.mask.shape == rule.keep.shape == rule.weight.shape
        assert (rule.weight > 0).all()
        assert rule.weight.sum() == pytest.approx(1, rel=ROUNDING)
        assert rule.weight @ rule.mask == pytest.approx(law.mean, rel=ROUNDING)
        np.testing.assert_allclose(rule.mask + rule.keep, 1, rtol=ROUNDING)
        given = law.loss_weight(rule.mask)
        assert given.shape == rule.mask.shape
        assert (given >= 0).all()
        assert getattr(law, "loss_weights", None) or (given == 1).all()
        mask, weight = law.nodes(order)
        np.testing.assert_array_equal((mask, weight), (rule.mask, rule.weight))
    if not law.continuous:
        np.testing.assert_array_equal(law.quadrature(2).mask, law.quadrature(512).mask)
    fine = law.quadrature(512)
    # Where E[1/q] is finite, nodes reach p = 1 by an atom or not at all.
    rests = fine.keep[fine.keep > 0].min() > 1e-9
    assert rests == law.inverse_keep_is_finite
    rng = np.random.default_rng(0)
    spread = math.sqrt(max(fine.weight @ (fine.mask - law.mean) ** 2, 0.0))
    moments = [rng.random(10_000), (np.arange(10_000) + 0.5) / 10_000]
    drawn = [law.sample(rng, 10_000), *(np.array([law.at(t, rng) for t in x]) for x in moments)]
    for ratios in drawn:
        assert fine.mask.min() - ROUNDING <= ratios.min()
        assert ratios.max() <= fine.mask.max() + ROUNDING
        assert ((ratios >= 0) & (ratios <= 1)).all()
        error = MONTE_CARLO_Z * spread / math.sqrt(ratios.size) + ROUNDING
        assert abs(ratios.mean() - law.mean) <= error
    assert law.sample(rng, (2, 3)).shape == (2, 3)
    assert np.shape(law.sample(rng)) == ()
    twice = [law.sample(np.random.default_rng(1), 5) for _ in range(2)]
    np.testing.assert_array_equal(*twice)
    for progress in (-0.1, 1.1, math.nan):
        with pytest.raises(rl.DomainError, match="progress"):
            law.at(progress, rng)
    with pytest.raises(rl.DomainError, match="order"):
        law.nodes(0)


def identity_of(law: rl.RatioLaw) -> str:
    """Return what names a law's trials."""
    return digest(law_record(law))


def check_power(power: rl.RowPower) -> None:
    """Nodes and draws are of one law, of mean one."""
    rule = power.rule()
    assert rule.inverse.shape == rule.weight.shape
    assert (rule.inverse > 0).all()
    assert (rule.weight >= 0).all()
    assert rule.weight.sum() == pytest.approx(1, rel=ROUNDING)
    assert 0 < rule.kept <= 1
    drawn = power.sample(np.random.default_rng(0), 200_000)
    assert drawn.shape == (200_000,)
    # Bounded functions of the power, which average well however heavy its tail.
    for scale in (0.1, 1.0, 10.0):
        seen = drawn / (drawn + scale)
        expected = rule.kept * rule.weight @ (1 / (1 + scale * rule.inverse))
        error = seen.std() / math.sqrt(seen.size)
        assert abs(seen.mean() - expected) <= MONTE_CARLO_Z * error + ROUNDING
    again = pickle.loads(pickle.dumps(power))
    assert again == power
    assert hash(again) == hash(power)


def check_target(target: Any, spectrum: rl.Spectrum) -> None:
    """Where a target lies on a spectrum, its masses make its variance."""
    assert target.rows in ("all", "masked")
    signal = target.on(spectrum)
    values, masses = signal.nodes
    assert (masses >= 0).all()
    assert (values >= 0).all()
    assert (np.diff(values) > 0).all()
    assert values[0] >= spectrum.eigenvalues[0] / spectrum.scale * (1 - IDENTITY)
    assert values[-1] <= spectrum.eigenvalues[-1] / spectrum.scale * (1 + IDENTITY)
    assert masses @ values == pytest.approx(signal.variance, rel=ROUNDING)
    assert signal.variance >= 0
    assert (np.asarray(signal.noise) >= 0).all()
    risk = rl.risk(spectrum, 1.0, target=target)
    np.testing.assert_allclose(risk.total, signal.variance, rtol=ROUNDING)
    np.testing.assert_array_equal(risk.noise, signal.noise)
    if isinstance(target, rl.MaskedFeature):
        # What a feature has, and others do not say, is noise.
        assert signal.variance + signal.noise == pytest.approx(spectrum.mean, rel=IDENTITY)
    else:
        assert signal.variance == target.signal_variance


def check_design(design: Any) -> None:
    """Rows have the covariance of their population, and the design tells itself apart."""
    dictated = design.fixed_spectrum()
    spectrum = dictated or rl.Spectrum([0.0, 0.5, 1.0, 4.5])
    size = len(spectrum)
    population = design.population(spectrum, np.random.default_rng(0))
    sigma = population.covariance
    np.testing.assert_allclose(
        np.linalg.eigvalsh(sigma), spectrum.eigenvalues, rtol=0, atol=LINEAR_ALGEBRA
    )
    np.testing.assert_allclose(np.diag(sigma), spectrum.mean, rtol=LINEAR_ALGEBRA)
    rows = design.draw(population, 100_000, np.random.default_rng(1))
    assert rows.shape == (100_000, size)
    products = rows[:, :, None] * rows[:, None, :]
    error = products.std(axis=0) / math.sqrt(len(rows))
    assert (np.abs(products.mean(axis=0) - sigma) <= MONTE_CARLO_Z * error + ROUNDING).all()
    assert (np.abs(rows.mean(axis=0)) <= MONTE_CARLO_Z * rows.std(axis=0) / 100_000**0.5).all()
    again, other = (design.draw(population, 100, np.random.default_rng(seed)) for seed in (1, 2))
    assert (again != other).any()
    np.testing.assert_array_equal(again, design.draw(population, 100, np.random.default_rng(1)))
    json.dumps(design.record(), allow_nan=False)
    assert design.record() == pickle.loads(pickle.dumps(design)).record()
    assert isinstance(design.label, str)
    assert design.has_independent_noise in (True, False)
    labels = design.patches(1, size)
    assert len(set(labels)) == len(labels) == size


def sums_per_sample(masking: rl.Masking, ratio: Any, masks: float | None = None) -> list[Any]:
    """Second moments of a sample's rows that are not zero, by the many-digit reference."""
    masks = masking.masks if masks is None else masks
    if isinstance(ratio, rl.RatioLaw):
        mask, weight = ratio.nodes(64)
        ratio = list(zip(mask, weight, ratio.loss_weight(mask), strict=True))
    rows = masking.rows or "all"
    classes, per_sample, _ = oracle.row_classes(ratio, rows, masks, masking.fill)
    for _, a, _, c, t in classes:
        assert a == 0 or abs(c * c - a * t) <= IDENTITY * a * t
    seen = [k for k in classes if k[1] > 0 or k[2] > 0]
    return [per_sample * sum(k[0] * k[i] for k in seen) for i in (1, 2, 3, 4)]


def check_blocks(masking: rl.Masking) -> None:
    """Blocks share out all rows of a sample, which have the moments of rows by themselves."""
    found = masking.row_moments(64)
    assert isinstance(found, RowBlocks)
    if found.rows == 0:
        return
    assert found.weight.sum() == pytest.approx(1, rel=ROUNDING)
    assert (found.weight >= 0).all()
    table = table_of(found).at(0)
    c = table.kept + table.surplus
    np.testing.assert_allclose(c, table.target * table.seen, rtol=ROUNDING)
    if not masking.rescaled:
        expected = table.target * (1 - table.lost)
        np.testing.assert_allclose(table.seen, expected, rtol=ROUNDING, atol=ROUNDING)
    every = masking.masks * found.count * found.weight[0]
    got = [float(every @ x) for x in (table.kept, table.masked, c, table.target**2)]
    alone = sums_per_sample(masking, masking.ratio, masks=1)
    expected = [masking.masks * float(x) for x in alone]
    some = slice(1) if masking.rescaled and masking.empties_rows else slice(4)  # E[p/q] is infinite
    assert got[some] == pytest.approx(expected[some], rel=IDENTITY, abs=NEGLIGIBLE)
    assert found.rows[0] <= masking.masks * found.count * (1 + ROUNDING)


def check_masking(masking: rl.Masking) -> None:
    """Classes of rows share out all rows, and have their moments."""
    order = 64
    if masking.mixes_ratios:
        check_blocks(masking)
        return
    classes = masking.row_classes(order)
    schemes = max(1, math.prod(masking.shape))
    assert classes.rows.shape == (schemes,)
    used = classes.rows > 0
    np.testing.assert_allclose(classes.weight[used].sum(axis=1), 1, rtol=ROUNDING)
    assert (classes.weight >= 0).all()
    ratios = [masking.ratio] if isinstance(masking.ratio, rl.RatioLaw) else masking.ratio.ravel()
    for number, ratio in enumerate(ratios):
        if not used[number]:
            continue
        w, a, b, f = (
            x[number] for x in (classes.weight, classes.kept, classes.masked, classes.surplus)
        )
        c = a + f
        t = np.divide(c * c, a, out=np.zeros_like(a), where=a > 0)  # eq-row-class
        assert (c[a == 0] == 0).all()
        found = [classes.rows[number] * float(w @ x) for x in (a, b, c, t)]
        expected = sums_per_sample(masking, ratio if masking.shape == () else float(ratio))
        some = slice(1) if masking.rescaled and masking.empties_rows else slice(4)
        assert found[some] == pytest.approx(
            [float(x) for x in expected[some]], rel=IDENTITY, abs=NEGLIGIBLE
        )
    elsewhere = masking.with_ratio(0.3)
    assert elsewhere.shape == ()
    assert (elsewhere.masks, elsewhere.rows, elsewhere.groups) == (
        masking.masks, masking.rows, masking.groups
    )  # fmt: skip
    counted = masking.with_rows("masked")
    assert counted.rows == (masking.rows or "masked")


def check_loss_weight_of_one(masking: rl.Masking) -> None:
    """A loss weight of one is none, and a common factor is one of the rows."""
    law = masking.ratio
    if not isinstance(law, rl.DiscreteRatio) or law.loss_weights is not None:
        return
    if masking.mixes_ratios:
        return
    plain = masking.row_classes(64)
    for factor in (1.0, 4.0):
        weighted = rl.DiscreteRatio(law.values, law.weights, [factor] * len(law.values))
        found = masking.with_ratio(weighted).row_classes(64)
        np.testing.assert_allclose(found.weight, plain.weight, rtol=ROUNDING)
        np.testing.assert_allclose(found.rows, plain.rows, rtol=ROUNDING)
        if masking.masks == math.inf:  # the factor divides the ridge
            np.testing.assert_allclose(found.ridge_scale * factor, plain.ridge_scale, rtol=ROUNDING)
            np.testing.assert_allclose(found.surplus, plain.surplus, rtol=ROUNDING)
            continue
        for name in ("kept", "masked", "surplus", "unequal"):
            np.testing.assert_allclose(
                getattr(found, name), factor * getattr(plain, name), rtol=ROUNDING
            )

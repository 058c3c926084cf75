"""Closed forms that SymPy derived: against `rl.risk`, and that they are derived."""

import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import ridgeless as rl
from ridgeless.symbolic import ClosedForm, closed_forms
from ridgeless.symbolic import equations as eq
from ridgeless.symbolic import isotropic as iso
from ridgeless.symbolic.__main__ import main
from ridgeless.symbolic.any_spectrum import ROWS, effective_ridge_equation
from ridgeless.symbolic.page import between_markers
from tests import strategies
from tests.tolerances import CLOSED_FORM

DOCS = Path(rl.__file__).parents[1] / "docs"
FORMS = closed_forms()
PARTS = ("bias", "design_variance", "noise_variance")

below, above = st.floats(0.05, 0.95), st.floats(1.05, 10.0)
ratio = st.floats(0.02, 0.95)
size = st.floats(0.2, 3.0)
#: Where to draw each argument from; psi is drawn on the side where the form holds.
RANGES = {
    "p": ratio, "p_t": st.floats(0.0, 0.9), "p_1": ratio, "p_2": ratio, "w": st.floats(0.1, 0.9),
    "h_1": st.floats(0.1, 0.9), "lambda": st.floats(0.01, 5.0), "r": size, "r_1": size,
    "r_2": size, "s_1": size, "s_2": size, "sigma": size, "K": st.integers(2, 6),
}  # fmt: skip

Values = dict[str, Any]


def task(spectrum: Any, masses: list[float], sigma: float) -> dict[str, Any]:
    """Spectrum and linear target with these squared masses of beta."""
    law = spectrum if isinstance(spectrum, rl.Spectrum) else rl.Spectrum(spectrum)
    signal = float(np.dot(masses, law.eigenvalues[np.argsort(law.order)]))
    target = rl.LinearTarget(
        snr=signal / sigma**2 if sigma else math.inf, alignment=masses, signal_variance=signal
    )
    return {"spectrum": law, "target": target}


def flat(v: Values, **options: Any) -> rl.Risk:
    scheme = options.pop("mask_ratio", v.get("p"))
    options = {"aspect_ratio": v["psi"], "test_mask_ratio": v["p_t"]} | options
    return rl.risk(mask_ratio=scheme, **task([1.0], [v["r"] ** 2], v["sigma"]), **options)


def two_ratios(v: Values) -> rl.Risk:
    return flat(v, mask_ratio=rl.DiscreteRatio([v["p_1"], v["p_2"]], [v["w"], 1 - v["w"]]))


def K_masks(v: Values, **options: Any) -> rl.Risk:
    return flat(v, aspect_ratio=v["K"] * v["psi"], masks_per_sample=v["K"], **options)


def spiked(v: Values) -> rl.Risk:
    law = rl.Spectrum([1.0, v["s_1"]], weights=[1.0, 0.0])
    given_task = task(law, [v["r"] ** 2, v["r_1"] ** 2], v["sigma"])
    options = {"aspect_ratio": v["psi"], "test_mask_ratio": v["p_t"]}
    return rl.risk(mask_ratio=v["p"], **given_task, **options)


def two_levels(v: Values, **options: Any) -> rl.Risk:
    law = rl.Spectrum([v["s_1"], v["s_2"]], weights=[v["h_1"], 1 - v["h_1"]])
    if "gamma" in v:
        options |= {"spectrum": law, "aspect_ratio": v["gamma"]}
    else:
        options |= {"aspect_ratio": v["psi"]}
        options |= task(law, [v["r_1"] ** 2, v["r_2"] ** 2], v["sigma"])
    return rl.risk(mask_ratio=v["p"], test_mask_ratio=v["p_t"], **options)


#: How to ask `rl.risk` the same question; forms for any spectrum have tests of their own.
ASK: dict[str, Callable[[Values], rl.Risk]] = {
    "isotropic_least_squares": flat,
    "isotropic_interpolation": flat,
    "isotropic_ridge": lambda v: flat(v, ridge=v["lambda"]),
    "isotropic_infinitely_many_masks": lambda v: flat(v, masks_per_sample=math.inf),
    "spike_least_squares": spiked,
    "spike_interpolation": spiked,
    "two_ratios_least_squares": two_ratios,
    "two_ratios_interpolation": two_ratios,
    "K_masks_least_squares": K_masks,
    "K_masks_interpolation": K_masks,
    "K_masks_ridge": lambda v: K_masks(v, ridge=v["lambda"]),
    "two_levels_interpolation": two_levels,
    "two_levels_ridge": lambda v: two_levels(v, ridge=v["lambda"]),
    "masked_feature_least_squares": two_levels,
    "masked_feature_interpolation": two_levels,
}
FUNCTIONS = {name: FORMS[name].function() for name in ASK}


def error(parts: dict[str, Any], risk: rl.Risk) -> float:
    """Return the largest error of a part, relative to the total unless that is next to nothing."""
    scale = max(float(risk.total), 1e-6 * float(risk.null))
    return max(abs(float(parts[name]) - float(getattr(risk, name))) for name in PARTS) / scale


def drawn(form: ClosedForm, data: st.DataObject) -> Values:
    """Draw the arguments of a form from where it holds."""
    sides = {str(c.lhs): c for c in form.conditions if isinstance(c, (sp.Lt, sp.Gt))}
    values: Values = {}
    for name in map(str, form.symbols):
        if name == "psi":
            both = st.one_of(below, above)
            side = {sp.StrictLessThan: below, sp.StrictGreaterThan: above}
            values[name] = data.draw(side.get(type(sides.get(name)), both), label=name)
        elif name == "gamma":  # gamma / p is psi
            values[name] = data.draw(below if isinstance(sides[name], sp.Lt) else above)
        else:
            values[name] = data.draw(RANGES[name], label=name)
    if "gamma" in values:
        values["gamma"] *= values["p"]
    return values


@pytest.mark.parametrize("name", ASK)
@settings(max_examples=20)
@given(data=st.data())
def test_each_part_is_what_the_engine_computes(name: str, data: st.DataObject) -> None:
    values = drawn(FORMS[name], data)
    if name.startswith("masked_feature") and abs(values["s_1"] - values["s_2"]) < 1e-3:
        return
    assert error(FUNCTIONS[name](*values.values()), ASK[name](values)) < CLOSED_FORM


# --- any spectrum ---------------------------------------------------------------------------------

ANY = {
    name: FORMS[name].function()
    for name in ("least_squares", "effective_ridge", "unmasked", "population",
                 "infinitely_many_masks", "small_ratio_least_squares",
                 "small_ratio_interpolation", "best_ratio_many_rows",
                 "best_ratio_masked_feature")
}  # fmt: skip


@settings(max_examples=40)
@given(
    values=strategies.positive_eigenvalues,
    psi=st.one_of(below, above),
    p=ratio,
    p_t=RANGES["p_t"],
    ridge=RANGES["lambda"],
    sigma=size,
)
def test_any_spectrum(
    values: list[float], psi: float, p: float, p_t: float, ridge: float, sigma: float
) -> None:
    s = np.sort(values)
    masses = np.cos(np.arange(s.size)) ** 2
    arrays = s, np.full(s.size, 1 / s.size), masses
    asked = task(s, list(masses), sigma)

    def risk(mask_ratio: float, **options: Any) -> rl.Risk:
        return rl.risk(mask_ratio=mask_ratio, **{"aspect_ratio": psi} | asked | options)

    test = {"test_mask_ratio": p_t}
    with_ridge = ANY["effective_ridge"](*arrays, psi, ridge, p, p_t, sigma)
    assert error(with_ridge, risk(p, ridge=ridge, **test)) < CLOSED_FORM
    endless = ANY["infinitely_many_masks"](*arrays, psi, ridge, p, p_t, sigma)
    assert error(endless, risk(p, ridge=ridge, masks_per_sample=math.inf, **test)) < CLOSED_FORM
    if psi < 1:
        plain = ANY["least_squares"](*arrays, psi, p, p_t, sigma)
        assert error(plain, risk(p, **test)) < CLOSED_FORM
    else:
        bare = ANY["effective_ridge"](*arrays, psi, 0.0, p, p_t, sigma)
        assert error(bare, risk(p, **test)) < CLOSED_FORM
        assert error(ANY["unmasked"](*arrays, psi, sigma), risk(0.0)) < CLOSED_FORM
    limit = ANY["population"](*arrays, p, p_t)
    assert error(limit, risk(p, aspect_ratio=0.0, **test)) < CLOSED_FORM
    learned = rl.learned_fraction(s, p, aspect_ratio=0.0, rows="all")
    np.testing.assert_allclose(limit["learned_fraction"], learned, rtol=CLOSED_FORM)


def test_the_unmasked_form_is_that_of_Hastie_et_al() -> None:
    """Theorem 3 of Hastie et al. (2022) with 1/kappa = c_0 gamma; their bias is ours and more."""
    form = FORMS["unmasked"]
    s, kappa, psi, sigma = eq.s, eq.kappa, eq.psi, eq.sigma
    u = s / kappa
    ratio_of_means = eq.Mean(s**2 / (1 + u) ** 2) / eq.Mean(s / (1 + u) ** 2)
    bias = (1 + ratio_of_means / kappa) * eq.SignalMean(s / (1 + u) ** 2)
    variance = sigma**2 * ratio_of_means / kappa
    levels = ((sp.Rational(1, 2), sp.Rational(1, 3)), (2, sp.Rational(2, 3)))
    # On two levels the equation is linear in psi, which leaves identities in kappa.
    (psi_of,) = sp.solve(eq.on_levels(form.equation, levels, ()), psi)

    def gap(ours: Any, theirs: Any) -> Any:
        return sp.factor(eq.on_levels(ours - theirs, levels, levels).subs(psi, psi_of))

    assert gap(form.parts["bias"] + form.parts["design_variance"], bias) == 0
    assert gap(form.parts["noise_variance"], variance) == 0


# --- derived, not typed in ------------------------------------------------------------------------


@pytest.mark.parametrize("e", [0, 1])
def test_solutions_make_the_fixed_point_equations_zero(e: int) -> None:
    for scheme in (iso.ONE_RATIO, iso.TWO_RATIOS, iso.K_MASKS):
        if e == 0 and scheme is not iso.ONE_RATIO:
            continue  # quadratic: below
        at = iso.solved(scheme, sp.Integer(e), iso.ABOVE if e else iso.BELOW)
        levels = ({eq.s: 1, eq.ell: eq.q}, 1)
        for left in at.fixed_point(sp.Integer(1 - e)):
            assert sp.simplify(eq.on_levels(left, (levels,), ())) == 0


@pytest.mark.parametrize("scheme", [iso.TWO_RATIOS, iso.K_MASKS], ids=["two ratios", "K masks"])
def test_the_quadratic_solves_all_fixed_point_equations(scheme: iso.Scheme) -> None:
    name = "two_ratios" if scheme is iso.TWO_RATIOS else "K_masks"
    root = dict(FORMS[f"{name}_least_squares"].where)[iso.m]
    g = tuple(1 + k.energy * iso.m for k in scheme.classes)
    at = eq.Equivalent(scheme.classes, g, sp.Integer(0))
    for left in at.fixed_point(sp.Integer(1)):
        numerator = sp.numer(sp.factor(eq.on_levels(left, ((1, 1),), ())))
        assert sp.expand(sp.radsimp(numerator.subs(iso.m, root))) == 0


def test_the_effective_ridge_solves_the_fixed_point_equation() -> None:
    root = dict(FORMS["isotropic_ridge"].where)[eq.kappa]
    at, _ = effective_ridge_equation(ROWS, eq.ridge)
    (left,) = at.fixed_point(eq.ridge)
    left = eq.on_levels(left, (({eq.s: 1, eq.ell: eq.q}, 1),), ())
    assert sp.expand(sp.numer(sp.together(left)).subs(eq.kappa, root)) == 0


def test_conservation_follows_from_the_equations() -> None:
    """eq-conservation, for two classes and any base, e, g and spectrum: it holds at each s."""
    base, w, g1, g2, e = sp.symbols("base w g1 g2 e", positive=True)
    ones = (sp.Integer(1),) * 2
    classes = eq.RowClass(w, iso.ell1, *ones), eq.RowClass(1 - w, iso.ell2, *ones)
    at = eq.Equivalent(classes, (g1, g2), e)
    pairs = list(zip(classes, at.g, at.fixed_point(base), strict=True))
    combined = sum(k.weight / g * left for k, g, left in pairs)
    Y = base * sum(k.weight / g for k, g, _ in pairs)
    assert sp.factor(combined - (1 - Y - eq.psi * (1 - e * at.resolvent()))) == 0


def wrong_rows() -> eq.Equivalent:
    """Rows without the noise that masks make."""
    scheme = iso.ONE_RATIO._replace(classes=(ROWS._replace(energy=eq.q**2 * eq.s),))
    return iso.solved(scheme, sp.Integer(1), iso.ABOVE)


def wrong_fixed_point() -> eq.Equivalent:
    """Features counted twice in the fixed point."""
    right = iso.solved(iso.ONE_RATIO, sp.Integer(1), iso.ABOVE)
    return replace(right, g=tuple(g.subs(eq.psi, 2 * eq.psi) for g in right.g))


@pytest.mark.parametrize("wrong", [wrong_rows, wrong_fixed_point])
def test_a_wrong_equation_gives_a_form_that_fails(wrong: Callable[[], eq.Equivalent]) -> None:
    values = {"psi": 2.0, "p": 0.4, "p_t": 0.1, "r": 1.0, "sigma": 0.5}
    right = FORMS["isotropic_interpolation"]
    form = replace(right, parts=iso.parts(wrong()))
    assert error(right.function()(*values.values()), flat(values)) < CLOSED_FORM
    assert error(form.function()(*values.values()), flat(values)) > 0.01


def test_many_masks_tend_to_infinitely_many() -> None:
    psi, p, p_t, r, sigma = 0.7, 0.4, 0.1, 1.0, 0.5
    limit = FORMS["isotropic_infinitely_many_masks"].function()(psi, p, p_t, r, sigma)
    gaps = []
    for masks in (1e3, 1e4):
        ridge = 1e-12
        many = FUNCTIONS["K_masks_ridge"](ridge, psi / masks, masks, p, p_t, r, sigma)
        gaps.append(abs(sum(many[x] for x in PARTS) - sum(limit[x] for x in PARTS)))
    assert gaps[0] < 1e-2
    assert gaps[1] == pytest.approx(gaps[0] / 10, rel=0.05)


# --- small ratios and best ratios -----------------------------------------------------------------

S = np.array([0.3, 0.8, 1.5, 4.0])
MASSES = np.array([0.5, 0.1, 0.7, 0.2])
ARRAYS = S, np.full(4, 0.25), MASSES


@pytest.mark.parametrize(
    ("name", "psi", "order"),
    [("small_ratio_least_squares", 0.6, 2), ("small_ratio_interpolation", 1.8, 1)],
)
def test_small_ratios(name: str, psi: float, order: int) -> None:
    """Halving p divides what the series leaves out by 2 to the power of the next order."""
    terms = ANY[name](*ARRAYS, psi, 0.7)
    left = []
    for p in (0.002, 0.001):
        series = sum(terms[f"R_{k}"] * p**k for k in range(order + 1))
        left.append(rl.risk(mask_ratio=p, aspect_ratio=psi, **task(S, list(MASSES), 0.7)).total)
        left[-1] -= series
    assert left[0] / left[1] == pytest.approx(2 ** (order + 1), rel=0.02)


def test_a_linear_task_with_many_rows() -> None:
    s, masses = [0.05, 1.0, 3.0], [0.01, 0.1, 0.1]
    for psi, off in ((1e-3, 0.05), (1e-4, 1e-3)):
        best = rl.optimal_mask_ratio(**task(s, masses, 1.0), aspect_ratio=psi).mask_ratio
        arrays = np.array(s), np.full(3, 1 / 3), np.array(masses)
        law = ANY["best_ratio_many_rows"](*arrays, psi, 1.0)["mask_ratio"]
        assert law == pytest.approx(best, rel=off)
    # Where the noise of the masks outweighs what they take, no mask is best.
    law = ANY["best_ratio_many_rows"](*arrays[:2], 100 * arrays[2], 1e-4, 1.0)["mask_ratio"]
    loud = task(s, [100 * x for x in masses], 1.0)
    assert law < 0
    assert rl.optimal_mask_ratio(**loud, aspect_ratio=1e-4).mask_ratio == 0


def test_a_masked_feature_with_many_samples() -> None:
    law = rl.Spectrum(S)
    signal = rl.MaskedFeature().on(law)
    # Directions without share in the spectrum carry the signal.
    points = np.concatenate([S, signal.nodes.values * law.scale])
    shares = np.concatenate([np.full(4, 0.25), np.zeros(3)])
    masses = np.concatenate([np.zeros(4), signal.nodes.masses])
    errors = []
    for gamma in (8e-6, 1e-6):
        sigma = math.sqrt(float(signal.noise))
        ratio_ = ANY["best_ratio_masked_feature"](points, shares, masses, gamma, sigma)
        best = rl.optimal_mask_ratio(law, aspect_ratio=gamma).mask_ratio
        errors.append(abs(ratio_["mask_ratio"] / best - 1))
    assert errors[1] < 0.02
    assert errors[1] == pytest.approx(errors[0] / 2, rel=0.1)  # of order gamma^(1/3)


@pytest.mark.parametrize(("psi", "sigma"), [(0.3, 0.4), (0.7, 0.9)])
def test_infinitely_many_masks(psi: float, sigma: float) -> None:
    best = FORMS["best_ratio_infinitely_many_masks"].function()(psi, 1.0, sigma)["mask_ratio"]
    found = rl.optimal_mask_ratio(
        **task([1.0], [1.0], sigma), aspect_ratio=psi, masks_per_sample=math.inf
    )
    assert best == pytest.approx(found.mask_ratio, abs=1e-6)
    noise = FORMS["noise_of_best_ratio"].function()(psi, best, 1.0)["noise"]
    assert noise == pytest.approx(sigma**2, rel=CLOSED_FORM)


def test_best_ratios_without_a_search() -> None:
    population = FORMS["best_ratio_population"]
    assert population.parts["mask_ratio"] == eq.p_t
    assert population.parts["slope"].subs(eq.p, eq.p_t) == 0
    slope = population.function()
    assert slope(*ARRAYS, 0.3, 0.4)["slope"] < 0 < slope(*ARRAYS, 0.5, 0.4)["slope"]
    step = 1e-5
    bias = [ANY["population"](*ARRAYS, p, 0.4)["bias"] for p in (0.5 - step, 0.5 + step)]
    assert slope(*ARRAYS, 0.5, 0.4)["slope"] == pytest.approx(np.diff(bias)[0] / 2 / step)

    flat_form = FORMS["best_ratio_isotropic"].function()
    values = {"psi": 0.6, "p": 0.4, "p_t": 0.1, "r": 1.0, "sigma": 0.5}
    for psi, side in ((0.6, "below"), (1.7, "above")):
        values["psi"] = psi
        ends = [flat(values, mask_ratio=p).total for p in (0.4 - step, 0.4 + step)]
        assert flat_form(*values.values())[f"slope_{side}"] == pytest.approx(
            np.diff(ends)[0] / 2 / step
        )


def test_a_random_ratio_is_a_fixed_one_for_infinitely_many_masks() -> None:
    law = rl.DiscreteRatio([0.1, 0.8], [0.3, 0.7])
    keep, weight = np.array([0.9, 0.2]), np.array([0.3, 0.7])
    fixed = FORMS["equivalent_ratio"].function()(weight @ keep, weight @ keep**2)["mask_ratio"]
    options = {**task(S, list(MASSES), 0.7), "aspect_ratio": 0.8, "masks_per_sample": math.inf}
    expected = rl.risk(mask_ratio=law, **options)
    risk = rl.risk(mask_ratio=fixed, **options)
    assert risk.total == pytest.approx(expected.total, rel=CLOSED_FORM)


# --- the interface and the page -------------------------------------------------------------------


def test_a_form_says_where_it_holds() -> None:
    form = FORMS["isotropic_least_squares"].function()
    with pytest.raises(rl.DomainError, match="isotropic_least_squares must have psi < 1, got"):
        form(2.0, 0.5, 0.0, 1.0, 1.0)
    with pytest.raises(rl.DomainError, match="got 1 values"):
        form(0.5)
    with pytest.raises(rl.DomainError, match="must stop at a polynomial"):
        FORMS["least_squares"].polynomial()
    with pytest.raises(rl.ConvergenceError, match="no positive zero"):
        ANY["effective_ridge"](*ARRAYS, 0.5, 0.0, 0.3, 0.0, 1.0)


def test_where_SymPy_stops_there_is_a_polynomial() -> None:
    degrees = {"K_masks_ridge": 3, "two_levels_ridge": 3, "best_ratio_infinitely_many_masks": 6}
    for name, degree in degrees.items():
        assert FORMS[name].polynomial().degree() == degree
    stopped = {name for name, form in FORMS.items() if form.unknown is not None}
    needs_kappa = {"effective_ridge", "unmasked", "infinitely_many_masks"}
    assert stopped == degrees.keys() | needs_kappa | {"small_ratio_interpolation"}


def test_explicit_formulas_hold_their_arguments_alone() -> None:
    form = FORMS["isotropic_ridge"]
    assert form.explicit("bias").free_symbols <= set(form.symbols)
    assert form.explicit("bias").subs(eq.p, 0).has(eq.ridge)


def test_every_form_names_equations_of_the_theory() -> None:
    labels = set(re.findall(r":label: (\S+)", (DOCS / "theory.md").read_text(encoding="utf-8")))
    for form in FORMS.values():
        assert form.derivation
        assert set(form.equations) <= labels, form.name


def test_the_page_is_up_to_date() -> None:
    """Write it with: python -m ridgeless.symbolic docs/closed-forms.md."""
    page = (DOCS / "closed-forms.md").read_text(encoding="utf-8")
    assert between_markers(page) == page
    for name in FORMS:
        assert f"### {name}\n" in page


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = DOCS / "closed-forms.md"
    bare = re.sub(r"(-symbolic|begin.*?-->).*<!-- end", r"\1<!-- end", page.read_text(), flags=re.S)
    copy = tmp_path / "page.md"
    copy.write_text(bare)
    assert bare != page.read_text()
    assert main([str(copy)]) == 0
    assert copy.read_text() == page.read_text()
    assert main(["--help"]) == 0
    assert "usage" in capsys.readouterr().out
    copy.write_text("no markers")
    assert main([str(copy)]) == 2
    assert main([str(tmp_path / "absent.md")]) == 2
    assert capsys.readouterr().err.count("error: ") == 2
    assert main([]) == 2

"""The closed forms, and how to ask `rl.risk` the same question."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

import ridgeless as rl
from ridgeless.symbolic import closed_forms

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
    "Qbar": ratio,
}  # fmt: skip

Values = dict[str, Any]


def task(spectrum: Any, masses: list[float], sigma: float) -> dict[str, Any]:
    """Spectrum and linear target with these squared masses of beta."""
    known = spectrum if isinstance(spectrum, rl.Spectrum) else rl.Spectrum(spectrum)
    signal = float(np.dot(masses, known.eigenvalues[np.argsort(known.order)]))
    target = rl.LinearTarget(
        snr=signal / sigma**2 if sigma else math.inf, alignment=masses, signal_variance=signal
    )
    return {"spectrum": known, "target": target}


def flat(v: Values, **options: Any) -> rl.Risk:
    scheme = options.pop("mask_ratio", v.get("p"))
    options = {"aspect_ratio": v["psi"], "test_mask_ratio": v["p_t"]} | options
    return rl.risk(mask_ratio=scheme, **task([1.0], [v["r"] ** 2], v["sigma"]), **options)


def two_ratios(v: Values) -> rl.Risk:
    return flat(v, mask_ratio=rl.DiscreteRatio([v["p_1"], v["p_2"]], [v["w"], 1 - v["w"]]))


def K_masks(v: Values, **options: Any) -> rl.Risk:
    return flat(v, aspect_ratio=v["K"] * v["psi"], masks_per_sample=v["K"], **options)


def spiked(v: Values) -> rl.Risk:
    spectrum = rl.Spectrum([1.0, v["s_1"]], weights=[1.0, 0.0])
    given_task = task(spectrum, [v["r"] ** 2, v["r_1"] ** 2], v["sigma"])
    options = {"aspect_ratio": v["psi"], "test_mask_ratio": v["p_t"]}
    return rl.risk(mask_ratio=v["p"], **given_task, **options)


def two_levels(v: Values, **options: Any) -> rl.Risk:
    spectrum = rl.Spectrum([v["s_1"], v["s_2"]], weights=[v["h_1"], 1 - v["h_1"]])
    if "gamma" in v:
        options |= {"spectrum": spectrum, "aspect_ratio": v["gamma"]}
    else:
        options |= {"aspect_ratio": v["psi"]}
        options |= task(spectrum, [v["r_1"] ** 2, v["r_2"] ** 2], v["sigma"])
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
    "isotropic_rescaled_least_squares": lambda v: flat(v, fill="rescale"),
    "isotropic_rescaled_interpolation": lambda v: flat(v, mask_ratio=1 - v["Qbar"], fill="rescale"),
}
FUNCTIONS = {name: FORMS[name].function() for name in ASK}


def error(parts: dict[str, Any], risk: rl.Risk) -> float:
    """Return the largest error of a part, relative to the total unless that is next to nothing."""
    scale = max(float(risk.total), 1e-6 * float(risk.null))
    return max(abs(float(parts[name]) - float(getattr(risk, name))) for name in PARTS) / scale


# --- any spectrum ---------------------------------------------------------------------------------

ANY = {
    name: FORMS[name].function()
    for name in ("least_squares", "effective_ridge", "unmasked", "population",
                 "infinitely_many_masks", "small_ratio_least_squares",
                 "small_ratio_interpolation", "best_ratio_many_rows",
                 "best_ratio_masked_feature", "least_squares_power", "interpolation_power")
}  # fmt: skip


# --- small ratios and best ratios -----------------------------------------------------------------

S = np.array([0.3, 0.8, 1.5, 4.0])
MASSES = np.array([0.5, 0.1, 0.7, 0.2])
ARRAYS = S, np.full(4, 0.25), MASSES

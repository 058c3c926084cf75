"""What hypothesis draws: spectra, targets, ratios and laws."""

import math

from hypothesis import strategies as st

import ridgeless as rl

ratios = st.floats(0.01, 0.99)
aspect_ratios = st.floats(0.05, 20.0)
ridges = st.one_of(st.just(0.0), st.floats(1e-8, 10.0))
positive_eigenvalues = st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=12)
eigenvalues = st.lists(
    st.one_of(st.just(0.0), st.floats(1e-3, 1e3)), min_size=1, max_size=12
).filter(any)
linear_targets = st.builds(
    rl.LinearTarget,
    snr=st.one_of(st.just(math.inf), st.floats(0.01, 100.0)),
    alignment=st.one_of(st.just("isotropic"), st.floats(0.0, 2.0)),
)
targets = st.one_of(st.builds(rl.MaskedFeature), linear_targets)
discrete_laws = st.lists(ratios, min_size=1, max_size=4).map(rl.DiscreteRatio)
uniform_laws = st.tuples(ratios, ratios).map(lambda ends: rl.UniformRatio(min(ends), max(ends)))
schedules = st.builds(
    rl.ScheduledRatio, start=ratios, end=ratios, shape=st.sampled_from(["linear", "cosine"])
)
laws = st.one_of(discrete_laws, uniform_laws, schedules)
masks_per_sample = st.sampled_from([1, 2, 5, math.inf])
problems = st.fixed_dictionaries(
    {
        "mask_ratio": ratios,
        "aspect_ratio": aspect_ratios,
        "ridge": ridges,
        "target": targets,
        "masks_per_sample": masks_per_sample,
        "test_mask_ratio": st.floats(0.0, 1.0),
    }
)
groups = st.one_of(
    st.none(), st.lists(st.sampled_from([0, 1, 2]), min_size=3, max_size=3).map(tuple)
)
maskings = st.builds(
    rl.Masking,
    st.one_of(ratios, st.lists(ratios, min_size=1, max_size=3), laws),
    masks_per_sample=st.one_of(st.none(), masks_per_sample),
    rows=st.sampled_from([None, "masked", "all"]),
    groups=groups,
    fill=st.sampled_from(["zero", "rescale"]),
)
fills = st.sampled_from(["zero", "rescale"])
powers = st.one_of(
    st.none(),
    st.builds(rl.StudentPower, st.floats(2.2, 50.0)),
    st.builds(rl.LognormalPower, st.floats(0.0, 2.0)),
    st.lists(st.floats(0.1, 10.0), min_size=1, max_size=3).map(rl.DiscretePower),
)

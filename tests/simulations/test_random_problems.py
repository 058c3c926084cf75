"""Hypothesis draws spectra, laws and targets; simulation must agree with theory on all.

The comparison allows MONTE_CARLO_Z standard errors, estimated from TRIALS trials (so their
t-distribution has wider tails than the normal), and what is expected of finite size. The false
alarm rate is FALSE_ALARM per problem: draws are derandomised, so a failure is a change in the
code, not bad luck.
"""

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

import ridgeless as rl
from simulations import Problem, simulate_risk
from tests.tolerances import FALSE_ALARM, FINITE_SIZE, MONTE_CARLO_Z

D, TRIALS, PROBLEMS = 120, 16, 25

# Ratios and sizes at which the finite-size term is small: see docs/theory, section 10.
ratios = st.floats(0.05, 0.6)
laws = st.one_of(
    ratios,
    st.tuples(ratios, ratios).map(lambda ends: rl.UniformRatio(min(ends), max(ends))),
    st.lists(ratios, min_size=2, max_size=3).map(rl.DiscreteRatio),
)
spectra = st.lists(st.floats(0.1, 4.0), min_size=1, max_size=4).map(rl.Spectrum)
targets = st.one_of(
    st.builds(rl.MaskedFeature),
    st.builds(rl.LinearTarget, snr=st.floats(0.5, 20.0), alignment=st.floats(0.0, 1.0)),
)


@st.composite
def problems(draw):
    return Problem(
        draw(spectra),
        draw(laws),
        aspect_ratio=draw(st.sampled_from([0.25, 3.0])),
        target=draw(targets),
        rows="all",
        ridge=draw(st.sampled_from([0.0, 0.3])),
        masks_per_sample=draw(st.sampled_from([1, np.inf])),
        test_mask_ratio=draw(st.sampled_from([0.0, 0.3])),
        dimension=D,
    )


def gap(problem):
    """Return the difference over what is allowed, and the estimate."""
    estimate = simulate_risk(problem, trials=TRIALS, rng=7)
    theory = problem.theory().total
    slack = FINITE_SIZE / D * theory
    allowed = MONTE_CARLO_Z * estimate.standard_error + slack
    return abs(estimate.mean - theory) / allowed, estimate


def settings(count):
    return hypothesis.settings(
        max_examples=count, deadline=None, derandomize=True, database=None, print_blob=True
    )


@pytest.mark.slow
@pytest.mark.nojit_slow
def test_theory_agrees_with_simulation():
    worst = []

    @settings(PROBLEMS)
    @hypothesis.given(problems())
    def check(problem):
        ratio, estimate = gap(problem)
        worst.append(ratio)
        assert ratio <= 1, (problem, estimate, problem.theory())

    check()
    assert len(worst) >= PROBLEMS


def test_the_stated_false_alarm_rate():
    """Of means of normal trials, compared in the same way, as few miss as is promised."""
    from scipy.stats import t

    assert 2 * t.sf(MONTE_CARLO_Z, TRIALS - 1) <= FALSE_ALARM


@pytest.mark.nojit_slow
@pytest.mark.parametrize("wrong", ["mask ratio", "noise", "samples"])
def test_wrong_theories_are_noticed(wrong):
    """Negative controls: theory for another problem must fail on most draws."""
    noticed = []

    @settings(8)
    @hypothesis.given(st.floats(0.3, 0.6), spectra, st.sampled_from([0.25, 3.0]))
    def check(ratio, spectrum, gamma):
        target = rl.LinearTarget(snr=2.0)
        problem = Problem(spectrum, ratio, aspect_ratio=gamma, target=target, dimension=D)
        estimate = simulate_risk(problem, trials=TRIALS, rng=7)
        if wrong == "mask ratio":
            theory = problem.theory(ratio / 2).total
        elif wrong == "noise":
            theory = problem.theory().total - problem.theory().noise_variance
        else:
            theory = rl.risk(spectrum, ratio, aspect_ratio=1 / gamma, target=target).total
        allowed = MONTE_CARLO_Z * estimate.standard_error + FINITE_SIZE / D * theory
        noticed.append(abs(estimate.mean - theory) > allowed)

    check()
    assert np.mean(noticed) >= 0.75

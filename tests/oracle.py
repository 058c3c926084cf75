"""A slow, many-digit reference for the risk of regression on masked rows.

Nothing here is shared with the package. One unknown g_k per class of training rows is solved for
directly; every matrix is diagonal in the eigenbasis of the covariance because diag(Sigma) = d0 I.
The second-order quantities follow from the plain formulas, differences and all: with a hundred
digits or more to spend, cancellation does no harm. Inputs count as exact binary numbers, so that
0.1 and 0.9 do not average to 0.5: a threshold is met only where exact arithmetic meets it.

With Phi_k(g) = (1/N) tr(S_k H) and S_k = a_k Sigma + b_k d0 I, the equations g = base + Phi(g) are
solved by Newton's method. Phi is concave and increasing, so Newton from any point whose Jacobian
I - Phi' has a nonnegative inverse lands above the solution and then descends to it monotonically,
however near the interpolation threshold. Only the Jacobian may be in double precision (when there
are many classes); residuals never are, and the solution returned has a residual below 1e-45.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from mpmath import mp, mpf

Number = Any  # float, int or mpf
Law = Any  # one Number, or a sequence of (ratio, weight) pairs, or (ratio, weight, loss weight)
#: (w, a, b, c, t), or with n in place of t for the noise.
RowClass = tuple[mpf, ...]

DIGITS = 100  # least working precision
RESIDUAL = mpf(10) ** -45  # largest relative residual of a solution that is returned
EXACT_CLASSES = 8  # with more classes than this the Jacobian is first tried in double precision


@contextmanager
def _digits(least: int) -> Iterator[None]:
    """Work with at least so many decimal digits; also a decorator."""
    with mp.workdps(max(mp.dps, least)):
        yield


class Equations(NamedTuple):
    """g_k = base + sum_i mass_i energy_ki H_i, 1/H_i = identity + sum_k (share_k/g_k) energy_ki."""

    share: list[mpf]  # w_k
    energy: list[list[mpf]]  # eigenvalue i of S_k: a_k s_i + b_k d0
    mass: list[mpf]  # weight of atom i, times d/N
    base: mpf
    identity: int  # 1, or 0 without ridge beyond the threshold
    excess: mpf  # 1 - columns/rows, zero at the threshold

    @property
    def pin(self) -> int:
        """1 where the equations are homogeneous, so that the common scale of g is free."""
        return int(self.identity == 0 and self.excess == 0)


# --- what the rows look like -----------------------------------------------------------------


@_digits(DIGITS)
def row_classes(
    mask_ratio: Law, rows: str, masks_per_sample: Number, fill: str = "zero"
) -> tuple[list[RowClass], mpf, Callable[[Number, Number], mpf]]:
    """Return the classes (w, a, b, c, t), the rows per sample, and (ridge, d0) -> ridge in use.

    No classes are returned where there is nothing to learn from: no rows, or none with an entry.
    """
    law = _normalised(mask_ratio)
    mean_ratio = mp.fsum(p * w for p, w, _ in law)
    if rows == "masked":
        law = [(p, w * p / mean_ratio, v) for p, w, v in law if p > 0]
    elif rows != "all":
        raise ValueError(f"rows={rows!r} is neither 'all' nor 'masked'")
    if not law:
        return [], mpf(0), _same_ridge

    if fill == "rescale":
        return _rescaled(law, mean_ratio, rows, masks_per_sample)
    if masks_per_sample == math.inf:
        keep = mp.fsum(v * w * (1 - p) for p, w, v in law)
        keep_both = mp.fsum(v * w * (1 - p) ** 2 for p, w, v in law)
        if keep_both == 0:
            return [], mpf(1), _same_ridge
        spread = mp.fsum(v * w * p * (1 - p) for p, w, v in law)
        scale = keep / keep_both
        return (
            [(mpf(1), mpf(1), mpf(0), scale, scale**2)],
            mpf(1),
            lambda ridge, d0: (mpf(ridge) + spread * d0) / keep_both,
        )

    if masks_per_sample == 1:
        # A row with a loss weight is the row and its target times the root of it.
        single = [(w, v * (1 - p) ** 2, v * (1 - p) * p, v * (1 - p), v) for p, w, v in law]
        return single, mean_ratio if rows == "masked" else mpf(1), _same_ridge

    if len(law) > 1:
        raise NotImplementedError("several masks per sample need a single mask ratio")
    (p, _, loss), count = law[0], int(masks_per_sample)
    q = 1 - p
    if rows == "all":
        used = {count: mpf(1)}  # how many of a sample's masks make a row: always every one
    else:
        used = {k: mp.binomial(count, k) * p**k * q ** (count - k) for k in range(1, count + 1)}
    per_sample = count * (mpf(1) if rows == "all" else p)
    classes = [(P / per_sample, k * q**2, q * p, k * q, mpf(k)) for k, P in used.items()]
    # The k - 1 difference modes of k rows look the same for every k: they form one class.
    differences = mp.fsum(P * (k - 1) for k, P in used.items()) / per_sample
    classes.append((differences, mpf(0), q * p, mpf(0), mpf(0)))
    weighted = [(c[0], *(loss * x for x in c[1:])) for c in classes]
    return [c for c in weighted if c[0] > 0], per_sample, _same_ridge


def _rescaled(
    law: list[tuple[mpf, mpf, mpf]], mean_ratio: mpf, rows: str, masks_per_sample: Number
) -> tuple[list[RowClass], mpf, Callable[[Number, Number], mpf]]:
    """Classes of rows whose kept entries are divided by q: those of zeros, times 1/q."""
    if masks_per_sample == math.inf:
        seen = mp.fsum(v * w for p, w, v in law if p < 1)
        if seen == 0:
            return [], mpf(1), _same_ridge
        spread = mp.fsum(v * w * p / (1 - p) for p, w, v in law if p < 1)
        one = [(mpf(1), mpf(1), mpf(0), mpf(1), mpf(1))]
        return one, mpf(1), lambda ridge, d0: (mpf(ridge) + spread * d0) / seen
    per_sample = masks_per_sample * (mean_ratio if rows == "masked" else mpf(1))
    if masks_per_sample == 1:
        parts = [(w, (p, w, v)) for p, w, v in law]
    else:
        ((p, _, v),) = law
        parts = [(mpf(1), (p, mpf(1), v))]
    classes: list[RowClass] = []
    for share, (p, _, v) in parts:
        if p == 1:  # rows of zeros
            classes.append((share, *(mpf(0),) * 4))
            continue
        zeros, _, _ = row_classes([(p, 1, v)], rows, masks_per_sample)
        scale = 1 / (1 - p)
        classes += [
            (share * w, a * scale**2, b * scale**2, c * scale, t) for w, a, b, c, t in zeros
        ]
    return classes, per_sample, _same_ridge


def _powered(classes: list[RowClass], powers: Any, shared: bool) -> list[RowClass]:
    """Classes of rows times the root of a power; the noise is too if it is `shared`."""
    total = mp.fsum(w for _, w in powers)
    mean = mp.fsum(mpf(x) * w for x, w in powers) / total
    return [
        (w * u / total, *(z * x / mean for z in (a, b, c, t)), t * (x / mean if shared else 1))
        for w, a, b, c, t in classes
        for x, u in powers
    ]


def _same_ridge(ridge: Number, _d0: Number) -> mpf:
    return mpf(ridge)


def _normalised(mask_ratio: Law) -> list[tuple[mpf, mpf, mpf]]:
    law = mask_ratio if isinstance(mask_ratio, Sequence) else [(mask_ratio, 1)]
    merged: dict[tuple[mpf, mpf], mpf] = {}
    for p, w, *rest in law:
        loss = rest[0] if rest else 1
        if not (0 <= p <= 1 and w >= 0 and loss >= 0):
            raise ValueError(f"mask ratio {p} with weight {w} and loss weight {loss}")
        if w > 0:
            key = mpf(p), mpf(loss)
            merged[key] = merged.get(key, mpf(0)) + mpf(w)
    total = mp.fsum(merged.values())
    return [(p, w / total, loss) for (p, loss), w in merged.items()]


def _atoms(eigenvalues: Sequence[Number], weights: Sequence[Number] | None) -> tuple[Any, Any]:
    s = [mpf(value) for value in eigenvalues]
    w = [mpf(1)] * len(s) if weights is None else [mpf(value) for value in weights]
    if len(s) != len(w):
        raise ValueError(f"{len(s)} eigenvalues with {len(w)} weights")
    total = mp.fsum(w)
    return s, [value / total for value in w]


# --- what is predicted -----------------------------------------------------------------------


@_digits(DIGITS)
def masked_feature(
    eigenvalues: Sequence[Number], weights: Sequence[Number] | None = None
) -> tuple[list[mpf], mpf]:
    """Return beta's squared mass per atom and sigma^2 when a typical feature is the target."""
    s, w = _atoms(eigenvalues, weights)
    null_mass = mp.fsum(wi for si, wi in zip(s, w, strict=True) if si == 0)
    if null_mass > 0:  # the feature is an exact combination of the others
        missed = [1 / null_mass if si == 0 else mpf(0) for si in s]
        noise = mpf(0)
    else:
        theta = mp.fsum(wi / si for si, wi in zip(s, w, strict=True))
        missed = [1 / (si * theta) for si in s]
        noise = 1 / theta
    return [wi * (1 - mi) ** 2 for wi, mi in zip(w, missed, strict=True)], noise


@_digits(DIGITS)
def linear_target(
    eigenvalues: Sequence[Number],
    weights: Sequence[Number] | None,
    snr: Number,
    alignment: Any = "isotropic",
    signal_variance: Number = 1,
) -> tuple[list[mpf], mpf]:
    """Return beta's squared mass per atom, with beta'Sigma beta = signal_variance, and sigma^2.

    A number a makes beta_i^2 proportional to s_i^a in each direction (directions of zero variance
    get none when a < 0); a sequence is the mass of each whole atom, up to the common scale.
    """
    s, w = _atoms(eigenvalues, weights)
    if isinstance(alignment, str):
        if alignment != "isotropic":
            raise ValueError(f"alignment={alignment!r}")
        shape = w
    elif isinstance(alignment, int | float | mpf):
        a = mpf(alignment)
        pairs = zip(s, w, strict=True)
        shape = [wi * si**a if si > 0 else (wi if a == 0 else mpf(0)) for si, wi in pairs]
    else:
        shape = [mpf(value) for value in alignment]
    explained = mp.fsum(bi * si for bi, si in zip(shape, s, strict=True))
    scale = mpf(signal_variance) / explained
    return [scale * bi for bi in shape], mpf(0) if snr == math.inf else mpf(signal_variance) / snr


# --- laws of mask ratios as lists of (ratio, weight) -----------------------------------------


@cache
def _gauss_legendre(order: int) -> tuple[tuple[mpf, mpf], ...]:
    """Gauss-Legendre nodes and weights on [0, 1]: Newton on the Legendre polynomial."""
    pairs = []
    with mp.workdps(DIGITS + 10):
        for index in range(order):
            x = mp.cos(mp.pi * (4 * index + 3) / (4 * order + 2))
            change = mpf(1)
            while abs(change) > mpf(10) ** -(DIGITS // 2 + 5):  # the last step squares this
                before, value = mpf(1), x
                for n in range(2, order + 1):
                    before, value = value, ((2 * n - 1) * x * value - (n - 1) * before) / n
                slope = order * (before - x * value) / (1 - x * x)
                change = value / slope
                x -= change
            # The slope is that of the point before the last step; correct it to first order,
            # using Legendre's equation (1 - x^2) P'' = 2 x P' - n (n + 1) P with P = 0.
            slope -= change * 2 * x * slope / (1 - x * x)
            pairs.append(((1 + x) / 2, 1 / ((1 - x * x) * slope**2)))
    return tuple(pairs)


@_digits(DIGITS)
def uniform_nodes(low: Number, high: Number, order: int = 64) -> list[tuple[mpf, mpf]]:
    """Return nodes for p uniform on [low, high]: Gauss in u, p = low + (high-low) sin^2(pi u/2).

    The substitution crowds nodes at both ends, where the integrands have their nearest poles.
    Measured error of the risk under U(0.1, 0.9): 1e-19 with 64 nodes, 1e-38 with 128.
    """
    low, width = mpf(low), mpf(high) - mpf(low)
    return [
        (low + width * mp.sin(mp.pi * u / 2) ** 2, w * mp.pi / 2 * mp.sin(mp.pi * u))
        for u, w in _gauss_legendre(order)
    ]


@_digits(DIGITS)
def logistic_nodes(
    low: Number, high: Number, order: int = 256, reach: Number = 80
) -> list[tuple[mpf, mpf]]:
    """Return nodes for p uniform on [low, high]: trapezoids in t, p = low + (high-low)/(1+e^-t).

    For laws that reach p = 1 with a small ridge, where no number of `uniform_nodes` is enough.
    Poles on the real line outside [low, high], at any distance, stay pi away from the t axis: the
    error is of order exp(-2 pi^2/h), h = 2 reach/order, plus exp(-reach) over that distance.
    From 256 nodes on it is below 1e-11, 400 give 1e-18, 600 with reach=110 give 1e-19.
    """
    step = 2 * mpf(reach) / order
    points = [step * (mpf(i) + mpf(1) / 2) - reach for i in range(order)]
    shares = [1 / (1 + mp.exp(-t)) for t in points]
    width = mpf(high) - mpf(low)
    return [(low + width * x, step * x * (1 - x)) for x in shares]


@_digits(DIGITS)
def cosine_nodes(start: Number, end: Number, order: int = 64) -> list[tuple[mpf, mpf]]:
    """Return nodes for p = end + (start-end)(1 + cos(pi u))/2, u uniform: midpoints in u.

    The midpoint rule in u is Gauss-Chebyshev in p, so it converges geometrically.
    """
    start, end = mpf(start), mpf(end)
    angles = [mp.pi * (2 * i + 1) / (2 * order) for i in range(order)]
    return [(end + (start - end) * (1 + mp.cos(x)) / 2, mpf(1) / order) for x in angles]


# --- the risk --------------------------------------------------------------------------------


def risk(
    eigenvalues: Sequence[Number],
    mask_ratio: Law,
    *,
    weights: Sequence[Number] | None = None,
    aspect_ratio: Number = 2,
    masses: Sequence[Number],
    noise: Number,
    ridge: Number = 0,
    rows: str,
    masks_per_sample: Number = 1,
    test_mask_ratio: Number = 0,
    fill: str = "zero",
    test_fill: str | None = None,
    powers: Any = None,
    shared: bool = False,
) -> dict[str, mpf]:
    """Return bias, design_variance, noise_variance and total (sigma^2 not included).

    A finite list of ratios is taken at its word: a continuous law that reaches p = 1 can have an
    infinite variance that none of its node lists shows, see `risk_under_uniform`.
    """
    # Each small number of the problem may cost its decades in digits, some of them repeatedly.
    law = mask_ratio if isinstance(mask_ratio, Sequence) else [(mask_ratio, 1)]
    ratios = [x for p, *_ in law for x in (p, 1 - mpf(p))]
    scales = [mpf(x) / max(eigenvalues) for x in [*eigenvalues, ridge]]
    small = min(mpf(x) for x in [*ratios, *scales, 1] if x > 0)
    with _digits(DIGITS + 4 * int(mp.ceil(-mp.log10(small)))):
        classes, per_sample, ridge_map = row_classes(mask_ratio, rows, masks_per_sample, fill)
        classes = [(*c, c[4]) for c in classes]
        if powers is not None:
            classes = _powered([c[:5] for c in classes], powers, shared)
        s, w = _atoms(eigenvalues, weights)
        b2 = [mpf(value) for value in masses]
        if len(b2) != len(s):
            raise ValueError(f"{len(b2)} masses for {len(s)} eigenvalues")
        d0, q = _dot(w, s), 1 - mpf(test_mask_ratio)
        test = (q, q * (1 - q))
        if (test_fill or fill) == "rescale" and q > 0:
            test = (mpf(1), (1 - q) / q)
        problem = Problem(s, w, b2, d0, mpf(noise), mpf(aspect_ratio), test)
        ridge = ridge_map(ridge, d0)
        if not classes or q == 0 or mp.inf in (problem.gamma, ridge):
            return _parts(problem.signal, mpf(0), mpf(0))
        if ridge > 0:
            return _solved_risk(problem, classes, per_sample, ridge)
        return _ridgeless_risk(problem, classes, per_sample)


class Problem(NamedTuple):
    s: list[mpf]  # eigenvalues of Sigma
    w: list[mpf]  # their weights
    b2: list[mpf]  # beta's squared mass at each
    d0: mpf  # mean eigenvalue of the whole law, the diagonal of Sigma
    noise: mpf
    gamma: mpf
    test: tuple[mpf, mpf]  # c and b of its inputs, a = c^2

    @property
    def signal(self) -> mpf:
        """beta'Sigma beta."""
        return _dot(self.b2, self.s)


def _dot(x: Sequence[mpf], y: Sequence[mpf]) -> mpf:
    return mp.fdot(x, y)


def _parts(bias: mpf, design: mpf, noise: mpf) -> dict[str, mpf]:
    total = bias + design + noise
    return {"bias": bias, "design_variance": design, "noise_variance": noise, "total": total}


def _ridgeless_risk(problem: Problem, classes: list[RowClass], per_sample: mpf) -> dict[str, mpf]:
    """Drop what a ridgeless fit never sees, then solve (or take the limit ridge -> 0)."""
    # Rows of zeros say nothing, and without a ridge they do not even count.
    classes = [c for c in classes if c[1] > 0 or c[2] > 0]
    if not classes:
        return _parts(problem.signal, mpf(0), mpf(0))
    kept = mp.fsum(c[0] for c in classes)
    classes = [(c[0] / kept, *c[1:]) for c in classes]
    per_sample = per_sample * kept

    if all(c[2] == 0 for c in classes):
        # Nothing is masked: directions of zero variance are zero in every row. The minimum-norm
        # predictor has no part there, so neither has the risk.
        inside = [i for i, si in enumerate(problem.s) if si > 0]
        s, w, b2 = ([x[i] for i in inside] for x in (problem.s, problem.w, problem.b2))
        return _solved_risk(problem._replace(s=s, w=w, b2=b2), classes, per_sample, mpf(0))

    # Unmasked rows among masked ones span only the directions of positive variance. If they
    # outnumber those, while the other rows are too few for the rest, neither the rows nor the
    # columns are independent. Then no ridgeless equations apply, only their limit does.
    bare = mp.fsum(c[0] for c in classes if c[2] == 0)
    flat = mp.fsum(wi for wi, si in zip(problem.w, problem.s, strict=True) if si == 0)
    if bare > 0 and flat > 0:
        crowded = bare * per_sample - problem.gamma * (1 - flat)
        vacant = problem.gamma * flat - (1 - bare) * per_sample
        slack = RESIDUAL * per_sample
        if crowded > slack and vacant > slack:
            with _digits(mp.dps + 240):
                ridge = problem.d0 * mpf(10) ** -60
                return _solved_risk(problem, classes, per_sample, ridge)
        if max(crowded, vacant) > slack and min(crowded, vacant) >= -slack:
            raise NotImplementedError("at an edge of the doubly singular regime")
    return _solved_risk(problem, classes, per_sample, mpf(0))


def _solved_risk(
    problem: Problem, classes: list[RowClass], per_sample: mpf, ridge: mpf
) -> dict[str, mpf]:
    s, w, b2, d0, noise, gamma, (carried, hidden) = problem
    columns = mp.fsum(w)
    gap = per_sample - gamma * columns  # positive beyond the threshold
    threshold = ridge == 0 and abs(gap) <= RESIDUAL * per_sample
    beyond = ridge == 0 and (threshold or gap > 0)
    equations = Equations(
        share=[c[0] for c in classes],
        energy=[[c[1] * si + c[2] * d0 for si in s] for c in classes],
        mass=[wi / columns if threshold else gamma / per_sample * wi for wi in w],
        base=mpf(0) if threshold else mpf(1) if beyond else ridge,
        identity=0 if beyond else 1,
        excess=mpf(0) if threshold else gap / per_sample,
    )
    g = _solve(equations)
    resolvent, relative = _linearise(equations, g)

    signal = problem.signal
    rate = mp.fsum(c[0] * c[3] / gk for c, gk in zip(classes, g, strict=True))
    learned = [h * rate * si for h, si in zip(resolvent, s, strict=True)]  # b_bar / beta
    overlap = mp.fsum(bi * si * li for bi, si, li in zip(b2, s, learned, strict=True))
    power = [bi * li**2 for bi, li in zip(b2, learned, strict=True)]
    test_energy = [carried**2 * si + hidden * d0 for si in s]
    bias = signal - 2 * carried * overlap + _dot(power, test_energy)

    if threshold:
        # Only rows that the mean predictor fits exactly have no variance here: those of p = 0.
        masking = any(c[2] > 0 for c in classes)
        design = mp.inf if masking and signal > 0 else mpf(0)
        return _parts(bias, design, mp.inf if noise > 0 else mpf(0))

    residuals = [
        c[4] * signal - 2 * c[3] * overlap + _dot(power, row)
        for c, row in zip(classes, equations.energy, strict=True)
    ]
    # (I - A) u = s with u_k = g_k v_k, which keeps classes of any scale comparable.
    tested = [h * e * m for h, e, m in zip(resolvent, test_energy, equations.mass, strict=True)]
    v = _solve_linear(equations, relative, [_dot(row, tested) for row in relative])
    response = [wk / gk * vk for wk, gk, vk in zip(equations.share, g, v, strict=True)]
    from_noise = noise * mp.fsum(x * c[5] for x, c in zip(response, classes, strict=True))
    return _parts(bias, _dot(response, residuals), from_noise)


def risk_under_uniform(
    eigenvalues: Sequence[Number], low: Number, high: Number, *, order: int = 64, **keywords: Any
) -> dict[str, mpf]:
    """Return `risk` when p is uniform on [low, high]; `order` nodes, to be doubled for a check.

    The variance is infinite if the law reaches p = 1, there is no ridge and rows are interpolated:
    rows with almost nothing left are then fitted too, and the mean of 1/q diverges.
    """
    law: Law = low if low == high else uniform_nodes(low, high, order)
    found = risk(eigenvalues, law, **keywords)
    per_sample = (mpf(low) + mpf(high)) / 2 if keywords["rows"] == "masked" else mpf(1)
    interpolates = (
        per_sample < keywords.get("aspect_ratio", 2) < math.inf
        and keywords.get("masks_per_sample", 1) == 1
        and keywords.get("ridge", 0) == 0
    )
    if low < high == 1 and interpolates and keywords.get("test_mask_ratio", 0) < 1:
        signal = any(m > 0 and s > 0 for m, s in zip(keywords["masses"], eigenvalues, strict=True))
        return _parts(
            found["bias"],
            mp.inf if signal else mpf(0),
            mp.inf if keywords["noise"] > 0 else mpf(0),
        )
    return found


# --- the solve -------------------------------------------------------------------------------


def _linearise(eq: Equations, g: list[mpf]) -> tuple[list[mpf], list[list[mpf]]]:
    """Return H at each atom, and energy_ki H_i / g_k.

    With Z the latter, Phi_k/g_k = sum_i mass_i Z_ki and A_kl g_l/g_k = w_l sum_i mass_i Z_ki Z_li.
    """
    rate = [wk / gk for wk, gk in zip(eq.share, g, strict=True)]
    resolvent = [1 / (eq.identity + _dot(rate, column)) for column in zip(*eq.energy, strict=True)]
    relative = [
        [e * h / gk for e, h in zip(row, resolvent, strict=True)]
        for row, gk in zip(eq.energy, g, strict=True)
    ]
    return resolvent, relative


def _solve_linear(
    eq: Equations, relative: list[list[mpf]], right: list[mpf], *, exact: bool = False
) -> list[mpf]:
    """Solve (I - A) v = right, A_kl = w_l sum_i mass_i Z_ki Z_li.

    At the threshold I - A has the null vector 1 and the left null vector w: 1 w' is then added,
    which fixes the free common scale of g.
    """
    size = len(right)
    if not (exact or size <= EXACT_CLASSES):
        refined = _refine(eq, relative, right)
        if refined is not None:
            return refined
    weighted = [[z * m for z, m in zip(row, eq.mass, strict=True)] for row in relative]
    matrix = mp.matrix(size)
    for k in range(size):
        for other in range(size):
            gram = _dot(weighted[k], relative[other])
            matrix[k, other] = int(k == other) - eq.share[other] * (gram - eq.pin)
    return list(mp.lu_solve(matrix, mp.matrix(right)))


def _refine(eq: Equations, relative: list[list[mpf]], right: list[mpf]) -> list[mpf] | None:
    """Solve the same system by iterative refinement with a double-precision inverse, or give up."""
    inverse = _double_inverse(eq, relative)
    columns = list(zip(*relative, strict=True))
    target = max(abs(x) for x in right) * mpf(10) ** (20 - mp.dps)
    v, left, previous = [mpf(0)] * len(right), right, mp.inf
    while True:
        size = max(abs(x) for x in left)
        if size <= target:
            return v
        if not size < previous / 4:  # hardly gains: too near singular for doubles
            return None
        previous = size
        step = inverse @ np.array([float(x / size) for x in left])
        v = [vk + size * mpf(float(d)) for vk, d in zip(v, step, strict=True)]
        shared = [wk * vk for wk, vk in zip(eq.share, v, strict=True)]
        inner = [m * _dot(column, shared) for column, m in zip(columns, eq.mass, strict=True)]
        level = eq.pin * mp.fsum(shared)
        left = [
            rk - vk + _dot(row, inner) - level
            for rk, vk, row in zip(right, v, relative, strict=True)
        ]


def _double_inverse(eq: Equations, relative: list[list[mpf]]) -> Any:
    z = np.array([[float(x) for x in row] for row in relative])
    mass = np.array([float(x) for x in eq.mass])
    share = np.array([float(x) for x in eq.share])
    return np.linalg.inv(np.eye(len(share)) - ((z * mass) @ z.T - eq.pin) * share)


def _solve(eq: Equations) -> list[mpf]:
    """Return the positive solution g, or raise ArithmeticError."""
    start = _start(eq)
    for exact in (False, True) if len(start) > EXACT_CLASSES else (True,):
        g = start
        for _ in range(1000):
            _, relative = _linearise(eq, g)
            residual = [
                1 - eq.base / gk - _dot(row, eq.mass) for gk, row in zip(g, relative, strict=True)
            ]
            size = max(abs(x) for x in residual)
            if size < mpf(10) ** (15 - mp.dps):
                assert size < RESIDUAL
                return g
            if exact:
                step = _solve_linear(eq, relative, residual, exact=True)
            else:
                scaled = np.array([float(x / size) for x in residual])
                step = [size * mpf(float(x)) for x in _double_inverse(eq, relative) @ scaled]
            # Exact steps never leave the positive side once above the solution; others might.
            g = [gk * max(1 - x, mpf(1) / 10) for gk, x in zip(g, step, strict=True)]
    raise ArithmeticError("the fixed-point equations were not solved")


def _start(eq: Equations) -> list[mpf]:
    """Return a point from which Newton's method is sure to converge."""
    if not any(eq.mass):  # infinitely many rows
        return [eq.base] * len(eq.share)
    g = [eq.base * eq.identity + _dot(row, eq.mass) for row in eq.energy]
    if eq.identity:
        return g  # H <= I, so g >= base + Phi(g)
    # Phi is homogeneous and sum_k w_k Phi_k/g_k = 1 - excess. Iterate the direction until
    # Phi_k < g_k for every k, then choose the scale that the equations imply.
    for _ in range(20000):
        _, relative = _linearise(eq, g)
        ratios = [_dot(row, eq.mass) for row in relative]
        if max(ratios) < 1 - eq.excess / 2 or (eq.pin and max(ratios) < 1 + mpf(10) ** -8):
            break
        g = [gk * ratio for gk, ratio in zip(g, ratios, strict=True)]
    scale = mp.fsum(wk / gk for wk, gk in zip(eq.share, g, strict=True)) / (eq.excess or 1)
    return [gk * scale for gk in g]

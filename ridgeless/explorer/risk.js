// The risk at one mask ratio or law of ratios: row classes, fixed point, readout.
// Sections 2, 4 and 5 of docs/theory.md; the ground truth is ridgeless/fixed_point.py.
"use strict";

const LAW_NODES = 64;
const MAX_STEPS = 60;

/** A single mask ratio as a law. */
const fixedRatio = (p) => ({ mask: [p], share: [1], mean: p });

/** Gauss-Legendre nodes and weights on [-1, 1]. */
const legendre = (order) => {
  const x = [], weight = [];
  for (let i = 0; i < order; i++) {
    let z = Math.cos((Math.PI * (i + 0.75)) / (order + 0.5)), slope;
    for (let step = 0; step < 20; step++) {
      let p0 = 1, p1 = z;
      for (let k = 2; k <= order; k++) [p0, p1] = [p1, ((2 * k - 1) * z * p1 - (k - 1) * p0) / k];
      slope = (order * (z * p1 - p0)) / (z * z - 1);
      z -= p1 / slope;
      if (Math.abs(p1 / slope) < 1e-15) break;
    }
    x.push(z);
    weight.push(2 / ((1 - z * z) * slope * slope));
  }
  return { x, weight };
};
const RULE = legendre(LAW_NODES);

/** R2MAE: the ratio is uniform on [low, high]; p = low + (high - low) sin^2(pi u / 2). */
function uniformRatio(low, high) {
  if (low === high) return fixedRatio(low);
  const u = RULE.x.map((x) => (1 + x) / 2);
  return {
    mask: u.map((v) => low + (high - low) * Math.sin((Math.PI * v) / 2) ** 2),
    share: u.map((v, i) => (RULE.weight[i] * Math.PI * Math.sin(Math.PI * v)) / 4),
    mean: (low + high) / 2,
  };
}

/**
 * Row classes (w, a, b, f) with v = b - f (where rows share a sample), the kept rows per sample,
 * and the ridge in units of d0 that infinitely many masks add up to. No rows: nothing is learnt.
 */
function rowClasses({ masks, masked }, { mask, share, mean }) {
  const usable = mask.map((p, i) => (p < 1 ? share[i] * (masked ? p : 1) : 0));
  const total = usable.reduce((x, y) => x + y);
  if (total === 0) return { rows: 0 };
  const k = { w: [], a: [], b: [], f: [], v: [], rows: masked ? mean : 1, ridge: 0 };
  const add = (w, a, b, f, v) => {
    if (w > 0) k.w.push(w), k.a.push(a), k.b.push(b), k.f.push(f), k.v.push(v);
  };
  const bare = mask.length === 1 && mask[0] === 0;
  if (masks === Infinity) { // eq-classes-K-inf
    const moment = (of) => mask.reduce((x, p, i) => x + usable[i] * of(1 - p, p), 0);
    k.ridge = moment((q, p) => q * p) / moment((q) => q * q);
    k.rows = 1;
    add(1, 1, 0, k.ridge, 0);
  } else if (masks === 1 || bare) { // eq-classes-law, eq-classes-masked
    mask.forEach((p, i) => add(usable[i] / total, (1 - p) ** 2, (1 - p) * p, (1 - p) * p, 0));
  } else if (mask.length > 1) {
    throw new RangeError("several masks per sample of a random ratio are not derived");
  } else { // eq-classes-K, eq-classes-K-masked: of a sample's K rows, c count
    const p = mask[0], q = 1 - p;
    let differences = 0, chance = q ** (masks - 1); // that no other row counts
    for (let c = 1; c <= masks; c++) {
      const here = masked ? chance : Number(c === masks);
      add(here / c, c * q * q, q * p, c * q * p, (1 - c) * q * p);
      differences += (here * (c - 1)) / c;
      chance *= ((masks - c) / c) * (p / q);
    }
    add(differences, 0, q * p, 0, q * p);
    k.rows *= masks;
  }
  return k;
}

/** Sums over classes: g, alpha, beta and the second-order sums a_ij (eq-second-order). */
function classSums({ w, a, b }, d0, base, m1, m0) {
  const c = { alpha: 0, beta: 0, a1: 0, b1: 0, a11: 0, a10: 0, a00: 0, y: 0 };
  for (let k = 0; k < w.length; k++) {
    const bd = b[k] * d0, x = w[k] / (base + a[k] * m1 + bd * m0), z = (x * x) / w[k];
    c.alpha += x * a[k];
    c.beta += x * bd;
    c.a1 += z * a[k];
    c.b1 += z * bd;
    c.a11 += z * a[k] * a[k];
    c.a10 += z * a[k] * bd;
    c.a00 += z * bd * bd;
    c.y += x * base;
  }
  return c;
}

/** Sums over eigenvalues: <s^i H>, e <s^i H^2> and <s^i+j H^2>. */
function spectralSums({ s, h }, e, alpha, beta) {
  let p1 = 0, p0 = 0, e1 = 0, e0 = 0, q11 = 0, q10 = 0, q00 = 0;
  for (let i = 0; i < s.length; i++) {
    const H = 1 / (e + alpha * s[i] + beta), low = h[i] * H, high = low * s[i];
    p0 += low;
    p1 += high;
    e0 += e * low * H;
    e1 += e * high * H;
    q00 += low * H;
    q10 += high * H;
    q11 += high * s[i] * H;
  }
  return { p1, p0, e1, e0, q11, q10, q00, x: e * p0 };
}

/** The constants (base, e), whose product is the ridge. */
const constants = (delta, ridge) =>
  delta === 0 && ridge === 0 ? [0, 0] : delta >= 0 ? [ridge, 1] : [1, ridge];

/** Start: the solution for one eigenvalue d0 and one average class, a quadratic. */
function isotropicStart({ w, a, b }, d0, delta, ridge) {
  const level = d0 * sum(w.length, (k) => w[k] * (a[k] + b[k]));
  const linear = delta * level + ridge, root = Math.hypot(linear, 2 * Math.sqrt(ridge * level));
  const [base] = constants(delta, ridge);
  const g = delta >= 0 ? (linear + root) / 2 : (2 * level) / (root - linear);
  const m = Math.max(g - base, 1e-3 * g) / level || 1;
  return [Math.log(m * d0), Math.log(m)];
}

/** Newton on (F_A, F_B) in (ln m1, ln m0) (eq-newton). */
function fixedPoint(problem, classes, delta, ridge, start) {
  const { d0 } = problem, psi = 1 + delta, [base, e] = constants(delta, ridge);
  let [log1, log0] = start ?? isotropicStart(classes, d0, delta, ridge);
  for (let step = 0; step < MAX_STEPS; step++) {
    const m1 = Math.exp(log1), m0 = Math.exp(log0);
    const c = classSums(classes, d0, base, m1, m0);
    const t = spectralSums(problem, e, c.alpha, c.beta);
    const fb = Math.log((m1 / t.p1) * (t.p0 / m0));
    const b1 = 1 - m1 * ((t.q11 * c.a11 + t.q10 * c.a10) / t.p1 - (t.q10 * c.a11 + t.q00 * c.a10) / t.p0);
    const b0 = -1 - m0 * ((t.q11 * c.a10 + t.q10 * c.a00) / t.p1 - (t.q10 * c.a10 + t.q00 * c.a00) / t.p0);
    let fa = log1, a1 = 1, a0 = 0; // the threshold: only the ratio m1/m0 is defined
    if (base > 0 || e > 0) {
      const rest = c.alpha * t.p1 + c.beta * t.p0, fitted = c.alpha * m1 + c.beta * m0;
      const gain = psi * t.x + Math.max(-delta, 0), loss = c.y + Math.max(delta, 0);
      fa = Math.log(gain / loss) - Math.log((psi * rest) / fitted);
      const x1 = m1 * (t.e1 * c.a11 + t.e0 * c.a10), x0 = m0 * (t.e1 * c.a10 + t.e0 * c.a00);
      const y1 = m1 * base * c.a1, y0 = m0 * base * c.b1;
      a1 = (psi * x1) / gain + y1 / loss + x1 / rest + y1 / fitted;
      a0 = (psi * x0) / gain + y0 / loss + x0 / rest + y0 / fitted;
    }
    if (Math.max(Math.abs(fa), Math.abs(fb)) < 1e-10) return [log1, log0];
    const det = a1 * b0 - a0 * b1;
    const step1 = (fa * b0 - a0 * fb) / det, step0 = (a1 * fb - fa * b1) / det;
    const shrink = Math.min(1, 4 / Math.max(Math.abs(step1), Math.abs(step0)));
    log1 -= shrink * step1;
    log0 -= shrink * step0;
  }
  return [NaN, NaN];
}

/** The risk and its three parts; `start` is a neighbour's `point`. */
function risk(problem, law, start) {
  const { d0, signal } = problem, k = rowClasses(problem, law);
  if (k.rows === 0) return parts(signal.null, 0, 0);
  const delta = (problem.gamma - k.rows) / k.rows, psi = 1 + delta, ridge = d0 * k.ridge;
  const warm = start && Math.sign(start.delta) === Math.sign(delta) ? start.logs : undefined;
  let logs = fixedPoint(problem, k, delta, ridge, warm);
  if (Number.isNaN(logs[0])) logs = fixedPoint(problem, k, delta, ridge);
  const m1 = Math.exp(logs[0]), m0 = Math.exp(logs[1]), [base, e] = constants(delta, ridge);
  const c = classSums(k, d0, base, m1, m0), t = spectralSums(problem, e, c.alpha, c.beta);
  const over = (of) =>
    sum(k.w.length, (i) => (k.w[i] * of(i)) / (base + k.a[i] * m1 + k.b[i] * d0 * m0));
  const extra = over((i) => k.f[i]), unequal = over((i) => k.v[i]);

  // The mean predictor learns a fraction C s H of beta; the residual of a class is what the
  // class alone would learn beside that (eq-mean-predictor, eq-residual, eq-bias).
  const level = e * (c.alpha * m1 + c.beta * m0) + d0 * unequal, shift = e + c.beta;
  let bias = 0, power = 0, gap = 0, scatter = 0;
  signal.t.forEach((s, i) => {
    const H = 1 / (shift + c.alpha * s), mass = signal.b2[i] * s;
    bias += mass * ((level + (d0 - s) * extra) * H) ** 2;
    power += d0 * signal.b2[i] * ((c.alpha + extra) * s * H) ** 2;
    gap += mass * shift * H;
  });
  gap /= signal.null || 1;
  signal.t.forEach((s, i) => {
    scatter += signal.b2[i] * s * (shift / (shift + c.alpha * s) - gap) ** 2;
  });

  // (I - M) u = tau with sums of positive terms only (eq-positive-determinant).
  const rho1 = psi * (t.e1 + base * (t.q11 * c.a1 + t.q10 * c.b1));
  const rho0 = psi * (t.e0 + base * (t.q10 * c.a1 + t.q00 * c.b1));
  const m10 = psi * (t.q11 * c.a10 + t.q10 * c.a00), m01 = psi * (t.q10 * c.a11 + t.q00 * c.a10);
  const diagonal1 = (rho1 + m10 * m0) / m1, diagonal0 = (rho0 + m01 * m1) / m0;
  const det = (rho1 * diagonal0 + m10 * rho0) / m1;
  const u1 = (psi * (diagonal0 * t.q11 + m10 * t.q10)) / det;
  const u0 = (psi * (diagonal1 * t.q10 + m01 * t.q11)) / det;
  const inflation = extra / c.alpha, reach = 1 + inflation;
  let design = 0, noise = 0;
  for (let i = 0; i < k.w.length; i++) {
    const bd = k.b[i] * d0, g = base + k.a[i] * m1 + bd * m0;
    const weight = (k.w[i] * (k.a[i] * u1 + bd * u0)) / (g * g);
    const own = k.a[i] > 0 ? k.f[i] / k.a[i] : 0;
    const missed = signal.null * (own - inflation + reach * gap) ** 2 + reach * reach * scatter;
    const misfit = k.a[i] * missed + k.b[i] * power;
    if (misfit > 0) design += det > 0 ? weight * misfit : Infinity;
    noise += det > 0 ? weight * (k.a[i] + k.f[i]) * (1 + own) : Infinity;
  }
  return parts(bias, design, noise * signal.noise, { delta, logs });
}

const parts = (bias, design, noise, point) => ({
  total: bias + design + noise,
  bias,
  design,
  noise,
  point,
});

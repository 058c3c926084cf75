// The risk at one mask ratio or law of ratios: fixed point, readout.
// Sections 4 and 5 of docs/theory.md; the ground truth is ridgeless/engine.
"use strict";

const MAX_STEPS = 60;

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
function isotropicStart(rows, d0, delta, ridge) {
  const level = d0 * rows.level;
  const linear = delta * level + ridge, root = Math.hypot(linear, 2 * Math.sqrt(ridge * level));
  const [base] = constants(delta, ridge);
  const g = delta >= 0 ? (linear + root) / 2 : (2 * level) / (root - linear);
  const m = Math.max(g - base, 1e-3 * g) / level || 1;
  return [Math.log(m * d0), Math.log(m)];
}

/** Newton on (F_A, F_B) in (ln m1, ln m0) (eq-newton). */
function fixedPoint(problem, rows, delta, ridge, start) {
  const { d0 } = problem, psi = 1 + delta, [base, e] = constants(delta, ridge);
  let [log1, log0] = start ?? isotropicStart(rows, d0, delta, ridge);
  for (let step = 0; step < MAX_STEPS; step++) {
    const m1 = Math.exp(log1), m0 = Math.exp(log0);
    const c = rows.sums(d0, base, m1, m0);
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

/** c and b of masked test inputs: second moment c^2 Sigma + b D (eq-test-input). */
const testMoments = ({ test, testFill }) =>
  testFill === "rescale" ? [1, test / (1 - test)] : [1 - test, (1 - test) * test];

/** The risk and its three parts; `start` is a neighbour's `point`. */
function risk(problem, law, start) {
  if (problem.probe) return probeRisk(problem, law);
  const { d0, signal } = problem, rows = rowsOf(problem, law);
  if (rows.rows === 0) return parts(signal.null, 0, 0);
  const delta = (problem.gamma - rows.rows) / rows.rows, psi = 1 + delta, ridge = d0 * rows.ridge;
  const warm = start && Math.sign(start.delta) === Math.sign(delta) ? start.logs : undefined;
  let logs = fixedPoint(problem, rows, delta, ridge, warm);
  if (Number.isNaN(logs[0])) logs = fixedPoint(problem, rows, delta, ridge);
  const m1 = Math.exp(logs[0]), m0 = Math.exp(logs[1]), [base, e] = constants(delta, ridge);
  const c = rows.sums(d0, base, m1, m0), t = spectralSums(problem, e, c.alpha, c.beta);
  const { extra, unequal } = rows.predictor(d0, base, m1, m0);

  // The mean predictor learns a fraction C s H of beta; the residual of a class is what the
  // class alone would learn beside that (eq-mean-predictor, eq-residual, eq-bias).
  const level = e * (c.alpha * m1 + c.beta * m0) + d0 * unequal, shift = e + c.beta;
  const [carried, hidden] = testMoments(problem), strength = signal.null;
  let bias = 0, power = 0, gap = 0, scatter = 0;
  signal.t.forEach((s, i) => {
    const H = 1 / (shift + c.alpha * s), mass = signal.b2[i] * s;
    bias += mass * (1 - carried + carried * (level + (d0 - s) * extra) * H) ** 2;
    power += d0 * signal.b2[i] * ((c.alpha + extra) * s * H) ** 2;
    gap += mass * shift * H;
  });
  bias += hidden * power;
  gap /= strength || 1;
  signal.t.forEach((s, i) => {
    scatter += signal.b2[i] * s * (shift / (shift + c.alpha * s) - gap) ** 2;
  });

  // (I - M) u = tau with sums of positive terms only (eq-positive-determinant).
  const rho1 = psi * (t.e1 + base * (t.q11 * c.a1 + t.q10 * c.b1));
  const rho0 = psi * (t.e0 + base * (t.q10 * c.a1 + t.q00 * c.b1));
  const m10 = psi * (t.q11 * c.a10 + t.q10 * c.a00), m01 = psi * (t.q10 * c.a11 + t.q00 * c.a10);
  const diagonal1 = (rho1 + m10 * m0) / m1, diagonal0 = (rho0 + m01 * m1) / m0;
  const det = (rho1 * diagonal0 + m10 * rho0) / m1;
  const tau1 = psi * (carried * carried * t.q11 + hidden * d0 * t.q10);
  const tau0 = psi * (carried * carried * t.q10 + hidden * d0 * t.q00);
  const u1 = (diagonal0 * tau1 + m10 * tau0) / det, u0 = (diagonal1 * tau0 + m01 * tau1) / det;
  const missed = { strength, gap, scatter, power }, weights = det > 0 ? [u1, u0] : [1, 1];
  const variance = rows.variance(d0, base, m1, m0, ...weights, extra / c.alpha, missed);
  // At the threshold whatever is missed weighs infinitely much.
  const { design, noise } = det > 0
    ? variance
    : { design: variance.design > 0 ? Infinity : 0, noise: Infinity };
  return parts(bias, design, noise * signal.noise, { delta, logs });
}

const parts = (bias, design, noise, point) => ({
  total: bias + design + noise,
  bias,
  design,
  noise,
  point,
});

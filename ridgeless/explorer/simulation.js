// Monte Carlo of the same quantity: rows and masks are drawn, the regression is solved, and its
// risk is evaluated exactly. Runs in a worker, so that the page never waits for it.
"use strict";

const SIMULATED = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
const COLUMNS = 3; // masked features that one data set predicts in turn
const MAX_ROUNDS = 40, MAX_SECONDS = 20;

/** Uniform and standard normal numbers from a seed (mulberry32; polar method). */
function randomNumbers(seed) {
  let state = seed >>> 0, spare;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = () => {
    if (spare !== undefined) {
      const kept = spare;
      spare = undefined;
      return kept;
    }
    for (;;) {
      const x = 2 * uniform() - 1, y = 2 * uniform() - 1, r = x * x + y * y;
      if (r >= 1 || r === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(r)) / r);
      spare = y * scale;
      return x * scale;
    }
  };
  return { uniform, normal };
}

const dot = (x, y) => {
  let total = 0;
  for (let i = 0; i < x.length; i++) total += x[i] * y[i];
  return total;
};
const addTo = (x, factor, y) => {
  for (let i = 0; i < x.length; i++) x[i] += factor * y[i];
};

/**
 * Features v_j, one row per feature, with Sigma = v diag(s) v' of constant diagonal: a random
 * orthogonal basis, then plane rotations that bring one feature at a time to the mean variance
 * (Davies and Higham 2000).
 */
function randomFeatures({ values, d0 }, { normal }) {
  const v = Array.from({ length: FEATURES }, () => Float64Array.from(values, normal));
  v.forEach((row, i) => {
    for (let j = 0; j < i; j++) addTo(row, -dot(row, v[j]), v[j]);
    const length = Math.sqrt(dot(row, row));
    for (let k = 0; k < FEATURES; k++) row[k] /= length;
  });
  const inner = (x, y) => sum(FEATURES, (k) => values[k] * x[k] * y[k]);
  const variance = v.map((row) => inner(row, row));
  for (let step = 0; step < FEATURES; step++) {
    const i = variance.indexOf(Math.min(...variance)), j = variance.indexOf(Math.max(...variance));
    const up = variance[j] - d0, down = variance[i] - d0; // > 0 > down
    if (up < 1e-12 * d0 || down > -1e-12 * d0) break;
    const cross = inner(v[i], v[j]);
    // x_i -> c x_i + s x_j with tangent s/c = t: variance d0 where up t^2 + 2 cross t + down = 0.
    const t = (-cross + Math.sign(-cross || 1) * Math.sqrt(cross * cross - up * down)) / up;
    const c = 1 / Math.hypot(1, t), s = c * t;
    for (let k = 0; k < FEATURES; k++)
      [v[i][k], v[j][k]] = [c * v[i][k] + s * v[j][k], c * v[j][k] - s * v[i][k]];
    variance[i] = d0;
    variance[j] = inner(v[j], v[j]);
  }
  return v;
}

/** Solve A x = b for symmetric A >= 0 by Cholesky, leaving out directions that are not there. */
function solveSymmetric(A, b) {
  const n = b.length, x = Float64Array.from(b), tiny = 1e-13 * Math.max(...A.map((row, i) => row[i]));
  for (let i = 0; i < n; i++) {
    const row = A[i];
    for (let j = 0; j <= i; j++) {
      const other = A[j];
      let total = row[j];
      for (let k = 0; k < j; k++) total -= row[k] * other[k];
      if (j < i) row[j] = other[j] === Infinity ? 0 : total / other[j];
      else row[i] = total > tiny ? Math.sqrt(total) : Infinity;
    }
  }
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] -= A[i][k] * x[k];
    x[i] /= A[i][i];
  }
  for (let i = n - 1; i >= 0; i--) {
    x[i] /= A[i][i];
    for (let k = 0; k < i; k++) x[k] -= A[i][k] * x[i];
  }
  return x;
}

const zeros = (n) => Array.from({ length: n }, () => new Float64Array(n));

/** Z'Z and Z'y, skipping what is masked. */
function normalEquations(rows, y) {
  const gram = zeros(FEATURES), cross = new Float64Array(FEATURES), kept = [];
  rows.forEach((row, i) => {
    kept.length = 0;
    for (let j = 0; j < FEATURES; j++) if (row[j] !== 0) kept.push(j);
    for (let a = 0; a < kept.length; a++) {
      const j = kept[a], x = row[j], target = gram[j];
      cross[j] += x * y[i];
      for (let b = 0; b <= a; b++) target[kept[b]] += x * row[kept[b]];
    }
  });
  return { gram, cross };
}

/** The shortest of the coefficients that fit best, or those of a ridge. */
function minimumNorm(rows, y, ridge = 0) {
  if (rows.length >= FEATURES) {
    const { gram, cross } = normalEquations(rows, y);
    gram.forEach((row, j) => (row[j] += ridge));
    return solveSymmetric(gram, cross);
  }
  const gram = rows.map((row, i) => Float64Array.from(rows, (_, j) => (j <= i ? dot(row, rows[j]) : 0)));
  gram.forEach((row, i) => (row[i] += ridge));
  const coefficients = new Float64Array(FEATURES);
  if (rows.length) solveSymmetric(gram, y).forEach((weight, i) => addTo(coefficients, weight, rows[i]));
  return coefficients;
}

/** Fresh masks for ever: the mean of the loss over masks, a ridge on the variances. */
function marginal(rows, y, { mask, share }, { masked, fill }) {
  const weight = mask.map((p, i) => share[i] * (masked ? p : 1));
  const scale = (p) => (fill === "rescale" ? 1 / (1 - p) : 1);
  const moment = (of) => mask.reduce((x, p, i) => x + weight[i] * of((1 - p) * scale(p), p), 0);
  const square = moment((kept) => kept * kept), once = moment((kept) => kept);
  const mixed = moment((kept, p) => kept * p * scale(p));
  const { gram, cross } = normalEquations(rows, y);
  gram.forEach((row, j) => {
    for (let k = 0; k < j; k++) row[k] *= square;
    row[j] *= square + mixed;
  });
  return solveSymmetric(gram, cross.map((x) => once * x));
}

/** Chi-squared over two of any degrees: a gamma variable (Marsaglia and Tsang 2000). */
function halfChiSquared(degrees, { uniform, normal }) {
  const d = degrees / 2 - 1 / 3, c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const z = normal(), v = (1 + c * z) ** 3;
    if (v > 0 && Math.log(1 - uniform()) < z * z / 2 + d * (1 - v + Math.log(v))) return d * v;
  }
}

/** The root of a sample's power, which has mean one (eq-row-power). */
function drawScale({ power, degrees, deviation }, random) {
  if (power === "student") return Math.sqrt((degrees / 2 - 1) / halfChiSquared(degrees, random));
  if (power === "none") return 1;
  return Math.exp((deviation * random.normal() - deviation ** 2 / 2) / 2);
}

/** A training set: A with Sigma = A A', samples x = A z, and a task with its noise. */
function drawData({ values, signal, masked, gamma, settings }, random) {
  const { uniform, normal } = random, { alignment } = settings;
  const root = values.map(Math.sqrt), top = values[FEATURES - 1];
  const v = randomFeatures({ values, d0: sum(FEATURES, (k) => values[k]) / FEATURES }, { normal });
  const A = v.map((row) => row.map((x, k) => x * root[k]));
  const samples = Array.from({ length: Math.max(1, Math.round(FEATURES / gamma)) }, () => {
    const scale = drawScale(settings, random), z = Float64Array.from(root, () => scale * normal());
    return Float64Array.from(A, (row) => dot(row, z));
  });
  if (masked) {
    // Each task predicts feature j; what no coefficients explain is 1/(Sigma^-1)_jj.
    const tasks = Array.from({ length: COLUMNS }, () => Math.floor(uniform() * FEATURES));
    const unexplained = (j) => 1 / sum(FEATURES, (k) => v[j][k] ** 2 / values[k]);
    return { A, samples, tasks: tasks.map((j) => ({ j, unexplained: unexplained(j) })) };
  }
  const along = values.map((s) => (uniform() < 0.5 ? -1 : 1) * (s / top) ** (alignment / 2));
  const scale = 1 / Math.sqrt(sum(FEATURES, (k) => values[k] * along[k] ** 2));
  const beta = v.map((row) => scale * dot(row, along)), deviation = Math.sqrt(signal.noise);
  const y = samples.map((x) => dot(x, beta) + deviation * normal());
  return { A, samples, tasks: [{ beta, y }] };
}

/** The risk on one training set; every mask draws a ratio from `law`. */
function simulateOnce(problem, { A, samples, tasks }, law, uniform) {
  const { masked, masks, fill, d0 } = problem, [carried, hidden] = testMoments(problem);
  const endless = masks === Infinity, rows = [], from = [];
  samples.forEach((x, i) => {
    for (let k = 0; k < (endless ? 1 : masks); k++) {
      const p = law.draw(uniform), scale = fill === "rescale" ? 1 / (1 - p) : 1;
      rows.push(endless ? x : x.map((value) => (uniform() < p ? 0 : scale * value)));
      from.push(i);
    }
  });
  const all = rows.map((_, i) => i);
  const errors = tasks.map(({ j, unexplained, beta, y }) => {
    const goal = masked ? samples.map((x) => x[j]) : y;
    const chosen = masked && !endless ? all.filter((i) => rows[i][j] === 0) : all;
    const inputs = chosen.map((i) => (masked && endless ? rows[i].with(j, 0) : rows[i]));
    const b = endless
      ? marginal(inputs, goal, law, problem)
      : minimumNorm(inputs, chosen.map((i) => goal[from[i]]));
    // The expected squared error of x'b is |A'b|^2; masks of the test inputs add noise to it.
    const noise = hidden * d0 * dot(b, b), error = b.map((weight) => carried * weight);
    if (masked) error[j] = -1;
    else addTo(error, -1, beta);
    const projected = new Float64Array(FEATURES);
    error.forEach((weight, k) => addTo(projected, weight, A[k]));
    return dot(projected, projected) + noise - (masked ? unexplained : 0);
  });
  return errors.reduce((x, y) => x + y) / errors.length;
}

/** Labelled rows in the basis of the eigenvectors, where a filter is a factor. */
function drawLabelled({ s, signal, gamma }, { uniform, normal }) {
  const beta = signal.b2.map((mass) => (uniform() < 0.5 ? -1 : 1) * Math.sqrt(mass));
  const root = s.map(Math.sqrt), deviation = Math.sqrt(signal.noise);
  const samples = Array.from({ length: Math.max(1, Math.round(FEATURES / gamma)) }, () =>
    root.map((size) => size * normal()));
  return { samples, beta, y: samples.map((x) => dot(x, beta) + deviation * normal()) };
}

/** The risk of a probe on one set of labelled rows, with the ridge that the theory has for it. */
function probeOnce(problem, { samples, beta, y }, law) {
  const { s, h } = problem, { filter } = representationOf(problem, law);
  const rows = samples.map((x) => x.map((value, k) => filter[k] * value));
  const mean = sum(FEATURES, (k) => h[k] * s[k] * filter[k] ** 2);
  const ridge = probeRisk(problem, law).ridge * mean * samples.length;
  const weights = mean > 0 ? minimumNorm(rows, y, ridge) : filter;
  return sum(FEATURES, (k) => s[k] * (filter[k] * weights[k] - beta[k]) ** 2);
}

/** Rounds of one training set masked at every ratio, the random one last; `report` gets means. */
function simulate(settings, report) {
  const problem = { ...problemOf(settings), settings }, { low, high } = settings;
  const laws = SIMULATED.map((p) => ({ ...fixedRatio(p), draw: () => p }));
  laws.push({ ...uniformRatio(low, high), draw: (uniform) => low + (high - low) * uniform() });
  const sums = laws.map(() => [0, 0]), random = randomNumbers(1), began = performance.now();
  for (let rounds = 1; rounds <= MAX_ROUNDS; rounds++) {
    const data = problem.probe ? drawLabelled(problem, random) : drawData(problem, random);
    laws.forEach((law, i) => {
      const found = problem.probe
        ? probeOnce(problem, data, law)
        : simulateOnce(problem, data, law, random.uniform);
      sums[i][0] += found;
      sums[i][1] += found * found;
    });
    const points = sums.map(([first, second]) => {
      const mean = first / rounds, spread = Math.max(second / rounds - mean * mean, 0);
      return { mean, error: rounds > 1 ? Math.sqrt(spread / (rounds - 1)) : NaN };
    });
    const done = rounds === MAX_ROUNDS || performance.now() - began > 1000 * MAX_SECONDS;
    report({ rounds, done, fixed: points.slice(0, SIMULATED.length), random: points[SIMULATED.length] });
    if (done) break;
  }
}

if (typeof WorkerGlobalScope !== "undefined")
  self.onmessage = ({ data }) => simulate(data, (found) => self.postMessage(found));

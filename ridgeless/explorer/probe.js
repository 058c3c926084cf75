// A probe after pretraining: what a mask ratio leaves of each direction, and ridge regression on
// that (eq-transfer). The ground truth is ridgeless/transfer.
"use strict";

const FADED = 1e-60; // less than this of a direction is nothing
const GRID_STEP = Math.log(10) / 2;

/** lambda_p over d0 of pretraining with fresh masks for ever: p/q for a single ratio (eq-filter). */
function dampingOf(problem, law) {
  if (law.mean === 0) return 0; // or hardly any: rows without masks would not count
  const rows = rowsOf(problem, law);
  return rows.rows === 0 ? Infinity : rows.ridge;
}

/**
 * The filter B along eigenvalues, up to a factor; with the loss on masked features only B minus its
 * mean (eq-filter-masked).
 */
function filterOf({ s, h, d0, masked }, damping) {
  const level = damping * d0, top = s[s.length - 1];
  const full = s.map((x) => (damping === Infinity ? x / top : x / (x + level)));
  if (!masked) return full;
  // At small ratios B is nearly 1: what counts is how it leaves 1, by -level/(s + level).
  const shape = damping < 1 ? s.map((x) => -top / (x + level)) : full;
  const mean = sum(s.length, (i) => h[i] * shape[i]);
  const centred = shape.map((x) => x - mean);
  const largest = (list) => list.reduce((x, y) => Math.max(x, Math.abs(y)), 0);
  const size = largest(centred), something = size > 1e-13 * largest(shape);
  return centred.map((x) => (something ? x / size : 0));
}

/**
 * What the probe sees: variances t of mean one, their shares h, the signal's variance on each, and
 * what the filter has lost of it, which is noise to the probe (eq-transfer-lost).
 */
function representationOf(problem, law) {
  const { s, h, signal } = problem, filter = filterOf(problem, dampingOf(problem, law));
  const t = [], share = [], held = [];
  let lost = 0;
  s.forEach((x, i) => {
    const variance = signal.b2[i] * x;
    if (filter[i] ** 2 > FADED) {
      t.push(x * filter[i] ** 2);
      share.push(h[i]);
      held.push(variance);
    } else lost += variance;
  });
  const mean = sum(t.length, (i) => share[i] * t[i]) / sum(t.length, (i) => share[i]);
  return { t: Float64Array.from(t, (x) => x / mean), h: share, held, lost, gamma: problem.gamma, filter };
}

/** The risk of a probe whose ridge and samples together shrink directions as t/(t + kappa). */
function probeAt({ t, h, held, lost, gamma }, noise, kappa) {
  let fitted = 0, shrunk = 0, cross = 0, missed = 0;
  for (let i = 0; i < t.length; i++) {
    const keep = t[i] / (t[i] + kappa), gone = kappa / (t[i] + kappa);
    fitted += h[i] * keep;
    shrunk += h[i] * keep * keep;
    cross += h[i] * keep * gone;
    missed += held[i] * gone * gone;
  }
  // 1 - gamma <keep^2> without the difference; the first term is the ridge over kappa.
  const share = Math.max(1 - gamma * fitted, 0), free = share + gamma * cross;
  const spread = free > 1e-12 ? (gamma * shrunk) / free : Infinity;
  return {
    ...parts(missed + lost, missed > 0 ? missed * spread : 0, (noise + lost) * spread),
    ridge: kappa * share,
  };
}

/** kappa of a ridge: kappa = ridge + gamma kappa <t/(t + kappa)>; Newton on logarithms in a bracket. */
function kappaOf({ t, h, gamma }, ridge) {
  const all = gamma * h.reduce((x, y) => x + y, 0);
  if (ridge === 0 && all <= 1 + 1e-12) return 0;
  const least = t.reduce((x, y) => Math.min(x, y));
  let low = Math.log(Math.max(ridge, least * (all - 1)) * (1 - 1e-9)), high = Math.log(ridge + gamma);
  let log = high;
  for (let step = 0; step < 200; step++) {
    const kappa = Math.exp(log);
    let value = ridge / kappa, slope = value; // and minus its slope in log(kappa)
    for (let i = 0; i < t.length; i++) {
      const keep = t[i] / (t[i] + kappa);
      value += gamma * h[i] * keep;
      slope += (gamma * h[i] * keep * kappa) / (t[i] + kappa);
    }
    const miss = Math.log(value);
    if (miss > 0) low = log;
    else high = log;
    if (Math.abs(miss) < 1e-13 || high - low < 1e-13) break;
    const next = log + (miss * value) / slope;
    log = low < next && next < high ? next : (low + high) / 2;
  }
  return Math.exp(log);
}

/** The probe with the ridge of smallest risk: kappa grows with it, so that no root need be found. */
function bestProbe(z, noise) {
  const at = (log) => probeAt(z, noise, Math.exp(log)), none = kappaOf(z, 0);
  const order = (pick) => z.t.reduce((x, y) => pick(x, y));
  const low = Math.log(Math.max(none, 1e-3 * order(Math.min)));
  const high = Math.log(1e4 * (order(Math.max) + z.gamma * (noise + z.lost) + none));
  const steps = Math.ceil((high - low) / GRID_STEP), step = (high - low) / steps;
  let place = 0, least = Infinity;
  for (let i = 0; i <= steps; i++) {
    const { total } = at(low + i * step);
    if (total < least) [place, least] = [i, total];
  }
  const around = [Math.max(place - 1, 0), Math.min(place + 1, steps)].map((i) => low + i * step);
  const inner = at(goldenSection((log) => at(log).total, ...around)), bare = probeAt(z, noise, none);
  return bare.total <= inner.total ? { ...bare, ridge: 0 } : inner;
}

/** The risk of a probe at one mask ratio or law of ratios of its pretraining. */
function probeRisk(problem, law) {
  const z = representationOf(problem, law), { noise } = problem.signal, { penalty, ridge } = problem.probe;
  if (z.t.length === 0) return { ...parts(z.lost, 0, 0), ridge: 0 };
  if (penalty === "best") return bestProbe(z, noise);
  const given = penalty === "none" ? 0 : ridge;
  return { ...probeAt(z, noise, kappaOf(z, given)), ridge: given };
}

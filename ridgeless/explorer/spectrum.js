// What is learnt from and what is predicted: eigenvalues, and the mass of the signal on them.
// Letters are those of docs/theory.md; the ground truth is ridgeless/spectrum.py and target.py.
"use strict";

const FEATURES = 200; // d: large enough for the theory, small enough to simulate while you watch
const PER_OCTAVE = 8, LEAST_GROUPS = 16;

const sum = (n, term) => {
  let total = 0;
  for (let i = 0; i < n; i++) total += term(i);
  return total;
};

/** The eigenvalues of Sigma, ascending. */
function eigenvalues(settings) {
  const from = (value) => Float64Array.from({ length: FEATURES }, (_, i) => value(i)).sort();
  if (settings.spectrum === "power_law") {
    const raw = from((i) => (i + 1) ** -settings.exponent);
    const mean = sum(FEATURES, (i) => raw[i]) / FEATURES;
    return raw.map((s) => s / mean);
  }
  if (settings.spectrum === "spiked") return from((i) => (i < settings.spikes ? settings.size : 1));
  return from((i) => (i < settings.rank ? 1 + settings.strength : 1));
}

/**
 * Nodes s and masses h that stand for equally weighted ascending values.
 *
 * Everything the theory needs is a mean of rational functions with poles on (-inf, 0]. Two Gauss
 * nodes for the values within an eighth of an octave or less, whose mean, variance and skewness
 * they share, err by about 1e-7.
 */
function nodes(values) {
  const s = [], h = [];
  const spread = values[values.length - 1] / values[0];
  const width = Math.min(2 ** (1 / PER_OCTAVE), spread ** (1 / LEAST_GROUPS));
  for (let first = 0, last; first < values.length; first = last) {
    const end = Math.max(values[first] * width, values[first] * (1 + 1e-12));
    for (last = first; last < values.length && values[last] < end; ) last++;
    const n = last - first, share = n / values.length;
    const mean = sum(n, (i) => values[first + i]) / n;
    const moment = (power) => sum(n, (i) => (values[first + i] - mean) ** power) / n;
    const variance = moment(2);
    if (variance <= 1e-24 * mean * mean) {
      s.push(mean);
      h.push(share);
      continue;
    }
    // The two nodes are the zeros of z^2 - skew z - variance about the mean.
    const skew = moment(3) / variance, root = Math.hypot(skew, 2 * Math.sqrt(variance));
    const above = skew > 0 ? (skew + root) / 2 : (2 * variance) / (root - skew);
    const below = variance / above;
    s.push(mean - below, mean + above);
    h.push((share * above) / root, (share * below) / root);
  }
  return { s: Float64Array.from(s), h: Float64Array.from(h) };
}

/**
 * The zeros t of m(z) = <1/(s - z)>, one between each pair of neighbouring s, and the loads
 * 1/m'(t): the spectrum that a removed feature leaves, and its covariance with it
 * (eq-masked-feature). Newton on m(z) (z - left) (right - z) inside a shrinking bracket, in
 * offsets from the nearer node.
 */
function interlace(s, h) {
  const t = [], loads = [];
  let value, slope;
  const poles = (origin, offset) => {
    value = slope = 0;
    for (let j = 0; j < s.length; j++) {
      const inverse = 1 / (s[j] - origin - offset);
      value += h[j] * inverse;
      slope += h[j] * inverse * inverse;
    }
  };
  for (let k = 0; k + 1 < s.length; k++) {
    const width = s[k + 1] - s[k];
    poles(s[k], width / 2);
    const left = value > 0, origin = left ? s[k] : s[k + 1];
    let low = left ? 0 : -width / 2, high = left ? width / 2 : 0;
    let offset = (low + high) / 2;
    for (let step = 0; step < 60; step++) {
      poles(origin, offset);
      if (value > 0) high = offset;
      else low = offset;
      const after = left ? offset : offset + width, before = left ? width - offset : -offset;
      const change =
        (value * after * before) / (slope * after * before + value * (before - after));
      let moved = offset - change;
      if (!(low < moved && moved < high)) moved = (low + high) / 2;
      const done = Math.abs(moved - offset) <= 1e-14 * Math.abs(moved);
      offset = moved;
      if (done) break;
    }
    poles(origin, offset);
    t.push(origin + offset);
    loads.push(1 / slope);
  }
  return { t, loads };
}

/** Where beta lies (values t, masses b2), its variance, which is the null risk, and the noise. */
function signalOf(settings, { s, h }) {
  if (settings.target !== "masked") {
    // beta_i^2 ~ s_i^alignment with beta' Sigma beta = 1 (eq-linear-target).
    const raw = h.map((mass, i) => mass * (s[i] / s[s.length - 1]) ** settings.alignment);
    const strength = sum(s.length, (i) => raw[i] * s[i]);
    return { t: s, b2: raw.map((mass) => mass / strength), null: 1, noise: 1 / settings.snr };
  }
  const { t, loads } = interlace(s, h);
  const b2 = loads.map((load, i) => load / t[i] ** 2);
  return {
    t: Float64Array.from(t),
    b2: Float64Array.from(b2),
    null: sum(t.length, (i) => b2[i] * t[i]),
    noise: 1 / sum(s.length, (i) => h[i] / s[i]),
  };
}

/** Everything about the settings that does not depend on the mask ratio. */
function problemOf(settings) {
  const values = eigenvalues(settings), probe = settings.target === "probe";
  // A filter takes nodes where they err: a probe has every eigenvalue.
  const spectrum = probe ? { s: values, h: values.map(() => 1 / FEATURES) } : nodes(values);
  const problem = {
    ...spectrum,
    values,
    d0: sum(FEATURES, (i) => values[i]) / FEATURES,
    signal: signalOf(settings, spectrum),
    gamma: settings.gamma,
    masks: settings.masks,
    masked: settings.target === "masked", // only rows whose target is masked count
    fill: settings.fill,
    test: settings.test,
    testFill: settings.testFill,
    power: powerNodes(settings),
  };
  if (!probe) return problem;
  // The settings of masked rows are those of pretraining, without end; the probe sees whole rows.
  return {
    ...problem,
    masks: Infinity,
    masked: settings.loss === "masked",
    test: 0,
    power: powerNodes({ power: "none" }),
    probe: { penalty: settings.penalty, ridge: settings.ridge },
  };
}

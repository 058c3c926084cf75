// The training rows of a masking scheme: laws of ratios and of powers, row classes, their sums.
// Section 2 of docs/theory.md; the ground truth is ridgeless/row_classes.py and row_power.py.
"use strict";

const LAW_NODES = 40;
const NEGLIGIBLE_LOG = -27;

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

/** Nodes for one over the power of a sample (eq-row-power): trapezoids in its logarithm. */
function powerNodes({ power, degrees, deviation }) {
  if (power === "none") return { rho: [1], chance: [1] };
  const nodes = [], half = degrees / 2;
  if (power === "student") {
    const step = Math.min(0.5, 0.8 / Math.sqrt(degrees));
    for (let u = Math.log(half + 30 + 6 * Math.sqrt(half)); ; u -= step) {
      const log = half * (u - Math.log(half) + 1) - Math.exp(u);
      if (u < Math.log(half) && log < NEGLIGIBLE_LOG) break;
      if (log >= NEGLIGIBLE_LOG) nodes.push([Math.exp(u) / (half - 1), Math.exp(log)]);
    }
  } else {
    const step = Math.min(0.5, 0.35 / deviation);
    for (let z = -7 - deviation; z < 7 + 2 * deviation; z += step)
      nodes.push([Math.exp(deviation ** 2 / 2 - deviation * z), Math.exp(-z * z / 2)]);
  }
  const total = nodes.reduce((x, [, weight]) => x + weight, 0);
  return { rho: nodes.map(([rho]) => rho), chance: nodes.map(([, weight]) => weight / total) };
}

/** a, b and f of a row: zeros where it is masked, or the rest divided by q besides. */
const rowMoments = (fill, p) =>
  fill === "rescale" ? [1, p / (1 - p), 0] : [(1 - p) ** 2, (1 - p) * p, (1 - p) * p];

/**
 * The rows of a scheme: kept rows per sample, the ridge in units of d0 that infinitely many masks
 * add up to, and what the sums are taken over. No rows: nothing is learnt.
 */
function rowsOf(problem, law) {
  const { masks, masked, fill } = problem, { mask, share, mean } = law;
  const usable = mask.map((p, i) => (p < 1 ? share[i] * (masked ? p : 1) : 0));
  const total = usable.reduce((x, y) => x + y);
  if (total === 0) return { rows: 0 };
  const classes = [];
  const add = (w, a, b, f, v = b - f) => w > 0 && classes.push({ w, a, b, f, v });
  const bare = mask.length === 1 && mask[0] === 0;
  let rows = masked ? mean : 1, ridge = 0;
  if (masks === Infinity) { // eq-classes-K-inf
    let square = 0, mixed = 0, surplus = 0;
    mask.forEach((p, i) => {
      if (usable[i] === 0) return;
      const [a, b, f] = rowMoments(fill, p);
      square += usable[i] * a;
      mixed += usable[i] * b;
      surplus += usable[i] * f;
    });
    rows = 1;
    ridge = mixed / square;
    add(1, 1, 0, surplus / square, (mixed - surplus) / square);
  } else if (masks === 1 || bare) { // eq-classes-law, eq-classes-masked
    mask.forEach((p, i) => usable[i] > 0 && add(usable[i] / total, ...rowMoments(fill, p)));
  } else if (mask.length > 1) {
    return new Blocks(problem, law, usable, total);
  } else { // eq-classes-K, eq-classes-K-masked: of a sample's K rows, c count
    const p = mask[0], q = 1 - p, [a, b, f] = rowMoments(fill, p);
    let differences = 0, chance = q ** (masks - 1); // that no other row counts
    for (let c = 1; c <= masks; c++) {
      const here = masked ? chance : Number(c === masks);
      add(here / c, c * a, b, c * f);
      differences += (here * (c - 1)) / c;
      chance *= ((masks - c) / c) * (p / q);
    }
    add(differences, 0, b, 0);
    rows *= masks;
  }
  return new Classes(problem, classes, rows, ridge);
}

/** By how much the noise of the target counts in samples of each power. */
const loudness = ({ power, masked }) => (masked ? power.rho.map(() => 1) : power.rho);

/** The powers that matter: without a base they are nowhere but in the mean of the noise. */
function powersAt(base, { rho, chance }, loud) {
  if (base > 0) return { rho, chance, loud };
  return { rho: [0], chance: [1], loud: [sum(rho.length, (l) => chance[l] * loud[l])] };
}

/** Classes of rows (w, a, b, f) with v = b + ridge - f, each of every power. */
class Classes {
  constructor(problem, classes, rows, ridge) {
    Object.assign(this, { classes, rows, ridge, power: problem.power, loud: loudness(problem) });
    this.level = classes.reduce((x, { w, a, b }) => x + w * (a + b), 0);
  }

  /** Sums over classes: alpha, beta and the second-order sums a_ij (eq-second-order). */
  sums(d0, base, m1, m0) {
    const { rho, chance } = powersAt(base, this.power, this.loud);
    const c = { alpha: 0, beta: 0, a1: 0, b1: 0, a11: 0, a10: 0, a00: 0, y: 0 };
    for (const { w, a, b } of this.classes) {
      const bd = b * d0, middle = a * m1 + bd * m0;
      let first = 0, second = 0, own1 = 0, own2 = 0; // sums of 1/g, 1/g^2, rho/g, rho/g^2
      for (let l = 0; l < rho.length; l++) {
        const inverse = 1 / (base * rho[l] + middle), x = w * chance[l] * inverse;
        first += x;
        second += x * inverse;
        own1 += x * rho[l];
        own2 += x * inverse * rho[l];
      }
      c.alpha += first * a;
      c.beta += first * bd;
      c.a1 += own2 * a;
      c.b1 += own2 * bd;
      c.a11 += second * a * a;
      c.a10 += second * a * bd;
      c.a00 += second * bd * bd;
      c.y += own1 * base;
    }
    return c;
  }

  /** What the mean predictor adds to them: sums of f and v + ridge (rho - 1). */
  predictor(d0, base, m1, m0) {
    const { rho, chance } = powersAt(base, this.power, this.loud);
    let extra = 0, unequal = 0;
    for (const { w, a, b, f, v } of this.classes)
      for (let l = 0; l < rho.length; l++) {
        const x = (w * chance[l]) / (base * rho[l] + a * m1 + b * d0 * m0);
        extra += x * f;
        unequal += x * (v + this.ridge * (rho[l] - 1));
      }
    return { extra, unequal };
  }

  /** Design variance, and noise variance per unit of noise (eq-residual, eq-variance). */
  variance(d0, base, m1, m0, u1, u0, inflation, { strength, gap, scatter, power }) {
    const { rho, chance, loud } = powersAt(base, this.power, this.loud), reach = 1 + inflation;
    let design = 0, noise = 0;
    for (const { w, a, b, f } of this.classes) {
      const own = a > 0 ? f / a : 0;
      const missed = strength * (own - inflation + reach * gap) ** 2 + reach * reach * scatter;
      const misfit = a * missed + b * power;
      for (let l = 0; l < rho.length; l++) {
        const g = base * rho[l] + a * m1 + b * d0 * m0;
        const weight = (w * chance[l] * (a * u1 + b * d0 * u0)) / (g * g);
        if (misfit > 0) design += weight * misfit;
        noise += weight * loud[l] * (a + f) * (1 + own);
      }
    }
    return { design, noise };
  }
}

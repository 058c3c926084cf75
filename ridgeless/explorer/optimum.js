// The curve of risk against mask ratio, its global minimum and what is within 10 % of it.
// The ground truth is ridgeless/optimal.py.
"use strict";

const WITHIN = 1.1;
const ENDS = Array.from({ length: 8 }, (_, i) => 10 ** (-6 + (3 * i) / 7));
const GRID = [
  ...Array.from({ length: 301 }, (_, i) => 0.5 - 0.5 * Math.cos((Math.PI * i) / 300)),
  ...ENDS,
  ...ENDS.map((p) => 1 - p),
];

/** The mask ratio at which rows are as many as features, if there is one. */
function threshold({ gamma, masks, masked }) {
  const ratio = gamma / masks;
  return masked && masks < Infinity && ratio < 1 ? ratio : undefined;
}

/** Ratios for one problem, denser beside its threshold. */
function ratiosFor(problem) {
  const peak = threshold(problem), near = [];
  if (peak !== undefined)
    for (let k = 1; k <= 5; k += 0.5) near.push(peak * (1 - 10 ** -k), peak * (1 + 10 ** -k));
  return [...GRID, ...near.filter((p) => p > 0 && p < 1)].sort((x, y) => x - y);
}

/** The curve, and the best ratio with the connected range around it within 10 %. */
function curveOf(problem) {
  const ratios = ratiosFor(problem);
  let start;
  const points = ratios.map((p) => {
    const found = risk(problem, fixedRatio(p), start);
    start = found.point ?? start;
    return { p, ...found };
  });
  const at = (p) => risk(problem, fixedRatio(p));
  const totals = points.map((point) => point.total);
  // Of equal ratios the largest: without rows to train on the predictor is 0, as at p = 1.
  const lowest = Math.min(...totals);
  if (lowest === Infinity || (problem.probe && Math.max(...totals) < lowest * (1 + 1e-9)))
    return { points, best: points[0], low: 0, high: lowest === Infinity ? 0 : 1, flat: true };
  let best = points[totals.lastIndexOf(lowest)];
  for (let i = 1; i + 1 < points.length; i++) {
    if (totals[i] > totals[i - 1] || totals[i] > totals[i + 1] || totals[i] > 1.05 * lowest) continue;
    if (Math.max(totals[i - 1], totals[i + 1]) < (1 + 1e-13) * totals[i]) continue; // level ground
    const found = goldenSection((p) => at(p).total, ratios[i - 1], ratios[i + 1]);
    const there = at(found);
    if (there.total < best.total) best = { p: found, ...there };
  }
  const limit = WITHIN * best.total;
  const edge = (side) => {
    let i = side > 0 ? ratios.findIndex((p) => p >= best.p) : ratios.findLastIndex((p) => p <= best.p);
    let inside = best.p, outside = best.p;
    for (; i >= 0 && i < ratios.length; i += side) {
      outside = ratios[i];
      if (totals[i] > limit) break;
      inside = outside;
    }
    while (Math.abs(outside - inside) > 1e-6) {
      const middle = (inside + outside) / 2;
      if (at(middle).total <= limit) inside = middle;
      else outside = middle;
    }
    return inside;
  };
  return { points, best, low: edge(-1), high: edge(+1) };
}

/** Where a function with one minimum on [low, high] has it. */
function goldenSection(of, low, high) {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let left = high - ratio * (high - low), right = low + ratio * (high - low);
  let atLeft = of(left), atRight = of(right);
  while (high - low > 1e-7) {
    if (atLeft < atRight) {
      [high, right, atRight] = [right, left, atLeft];
      atLeft = of((left = high - ratio * (high - low)));
    } else {
      [low, left, atLeft] = [left, right, atRight];
      atRight = of((right = low + ratio * (high - low)));
    }
  }
  return (low + high) / 2;
}

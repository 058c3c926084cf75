// The plot: risk against mask ratio on a logarithmic axis, as SVG drawn at the size it is shown.
"use strict";

const PARTS = ["total", "bias", "design", "noise"];

/** An SVG element as text. */
const tag = (name, attributes, content = "") => {
  const written = Object.entries(attributes).map(([key, value]) => `${key}="${value}"`);
  return `<${name} ${written.join(" ")}>${content}</${name}>`;
};

/** Smallest and largest risk on the axis: the valleys, and some room to see the walls. */
function axisRange({ problem, points, best, yours }) {
  if (problem.probe) { // no walls but those of a probe without ridge
    const shown = [yours, ...points].map(({ total }) => Math.min(total, 30 * best.total));
    const most = Math.max(problem.signal.null, ...shown.filter(Number.isFinite));
    return [Math.min(best.total, most) / 8, 1.5 * most];
  }
  const ceiling = 6 * Math.max(problem.signal.null, problem.signal.noise * 0.1);
  const floor = (best.total || ceiling / 10) / 12, peak = threshold(problem);
  const beyond = points.filter(({ p }) => p > peak && p < 0.97).map(({ total }) => 3 * total);
  const reach = [2 * yours.total, Math.min(...beyond)].filter(Number.isFinite);
  return [floor, Math.max(ceiling, Math.min(Math.max(0, ...reach), 2000 * floor))];
}

/** Ticks at 1, 2 and 5 times powers of ten; only the powers when there are many decades. */
function logTicks(low, high) {
  const steps = high / low < 2000 ? [1, 2, 5] : [1], ticks = [];
  for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power++)
    for (const step of steps) {
      const value = Number(`${step}e${power}`);
      if (value >= low && value <= high) ticks.push(value);
    }
  return ticks;
}

/** Draw `state`: problem, points, best, low, high, yours, random, settings, simulation. */
function drawPlot(svg, state) {
  const width = svg.clientWidth, height = svg.clientHeight, narrow = width < 520;
  const left = 46, right = width - 12, top = 24, bottom = height - 38;
  const [low, high] = axisRange(state), span = Math.log(high / low);
  const x = (p) => left + (right - left) * p;
  const y = (risk) => bottom - ((bottom - top) * Math.log(Math.max(risk, 1e-12 * low) / low)) / span;
  const line = (name, x1, y1, x2, y2) => tag("line", { class: name, x1, y1, x2, y2 });
  const text = (name, at, height, anchor, words) =>
    tag("text", { class: name, x: at, y: height, "text-anchor": anchor }, words);
  const fits = (risk) => risk >= low && risk <= high;
  const { best, yours, random, settings, problem, simulation } = state;
  const drawn = [], inside = [], labels = [];

  // Axes.
  for (const tick of logTicks(low, high)) {
    drawn.push(line("grid", left, y(tick), right, y(tick)));
    drawn.push(text("", left - 6, y(tick) + 4, "end", String(tick)));
  }
  for (let i = 0; i <= 10; i += narrow ? 2 : 1) {
    drawn.push(line("faint", x(i / 10), top, x(i / 10), bottom));
    drawn.push(text("", x(i / 10), bottom + 16, "middle", String(i / 10)));
  }
  drawn.push(text("label", (left + right) / 2, bottom + 33, "middle", problem.probe ? "mask ratio p of pretraining" : "mask ratio p"));
  drawn.push(text("label", 4, 14, "start", "risk (log scale)"));

  // What is within 10 % of the best, the threshold, and predicting nothing.
  const edge = Math.max(x(state.high) - x(state.low), 2);
  inside.push(tag("rect", { class: "band", x: x(state.low), y: top, width: edge, height: bottom - top }));
  const peak = threshold(problem);
  if (peak !== undefined) {
    inside.push(line("threshold stroke", x(peak), top, x(peak), bottom));
    const side = peak > 0.6 ? "end" : "start", gap = peak > 0.6 ? -6 : 6;
    const words = narrow ? "rows = features" : "as many rows as features";
    labels.push(text("halo", x(peak) + gap, top + 14, side, words));
  }
  if (fits(problem.signal.null)) {
    const level = y(problem.signal.null);
    inside.push(line("null stroke", left, level, right, level));
    labels.push(text("halo", right - 6, level - 5, "end", "predicting nothing"));
  }

  // The curve and its parts; a gap where the risk is infinite.
  for (const part of [...PARTS].reverse()) {
    let path = "", pen = "M";
    for (const point of state.points) {
      const value = Math.min(point[part], 1e6 * high);
      if (point.p === 0 || point.p === 1) continue; // the risk may jump there
      if (!Number.isFinite(point[part]) || !(value > 0)) pen = "M";
      else {
        path += `${pen}${x(point.p).toFixed(1)} ${y(value).toFixed(1)}`;
        pen = "L";
      }
    }
    inside.push(tag("path", { class: part, d: path }));
  }

  // R2MAE's value over its range, its ends marked.
  if (fits(random.total)) {
    const level = y(random.total), from = x(settings.low), to = x(settings.high);
    inside.push(line("random", from, level, to, level));
    for (const end of [from, to]) inside.push(line("random", end, level - 7, end, level + 7));
    const below = problem.probe ? 17 : -6; // dots lie above, and a probe's all the way
    labels.push(text("random-label halo", from + 4, level + below, "start", "R2MAE"));
  }

  // Simulated points with two standard errors on either side.
  const point = (p, { mean, error }, kind) => {
    if (!fits(mean)) return;
    const bar = 2 * error || 0;
    inside.push(line(`simulated ${kind}`, x(p), y(mean + bar), x(p), y(Math.max(mean - bar, low / 10))));
    inside.push(tag("circle", { class: `simulated ${kind}`, cx: x(p), cy: y(mean), r: narrow ? 3 : 4 }));
  };
  simulation?.fixed.forEach((found, i) => point(SIMULATED[i], found, ""));
  if (simulation) point((settings.low + settings.high) / 2, simulation.random, "drawn");

  // The best ratio and yours.
  if (fits(best.total)) {
    const at = x(best.p), level = y(best.total);
    inside.push(tag("path", { class: "best", d: `M${at} ${level - 8}l7 8l-7 8l-7 -8z` }));
    const side = best.p > 0.8 ? "end" : best.p < 0.1 ? "start" : "middle";
    labels.push(text("label halo", at, Math.min(level + 26, bottom - 6), side, `best ${best.p.toFixed(2)}`));
  }
  inside.push(line("yours stroke", x(settings.ratio), top, x(settings.ratio), bottom));
  if (Number.isFinite(yours.total)) {
    const level = Math.max(y(yours.total), top);
    inside.push(tag("circle", { class: "dot", cx: x(settings.ratio), cy: level, r: 7 }));
  }
  const side = settings.ratio > 0.7 ? "end" : "start", gap = side === "end" ? -6 : 6;
  labels.push(text("yours-label halo", x(settings.ratio) + gap, bottom - 8, side, `yours ${settings.ratio.toFixed(2)}`));

  const room = { x: left, y: top - 8, width: right - left, height: bottom - top + 8 };
  const clip = tag("clipPath", { id: "room" }, tag("rect", room));
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.innerHTML = clip + drawn.join("") + tag("g", { "clip-path": "url(#room)" }, inside.join("")) +
    labels.join("");
  return { ratioAt: (pixel) => (pixel - left) / (right - left) };
}

// What the numbers say: the sentence under the plot, the table, and the same in Python.
"use strict";

const NAMES = {
  total: "Risk",
  bias: "Bias",
  design: "Design variance",
  noise: "Noise variance",
};

/** Four digits, more than the page is wrong by. */
function shown(value) {
  if (value === Infinity) return "∞";
  if (value === 0) return "0";
  const digits = value.toPrecision(4);
  return value < 1e-3 || digits.includes("e") ? value.toExponential(3) : digits;
}

/** A risk beside the best one, in words. */
function compared(value, best) {
  const ratio = value / best;
  if (!Number.isFinite(ratio)) return "infinite";
  if (ratio < 1.005) return "as good as that";
  if (ratio < 2) return `${Math.round(100 * (ratio - 1))} % above that`;
  return `${ratio < 10 ? ratio.toFixed(1) : Math.round(ratio)} times that`;
}

/** One sentence on what is seen. */
function sentenceFor({ problem, points, best, low, high, yours, random, settings, flat }) {
  const nothing = problem.signal.null;
  if (nothing === 0)
    return "The features are uncorrelated, so the others say nothing about a masked one: there is " +
      "nothing to learn, and every mask ratio below 1 only fits noise.";
  if (points.every((point) => point.total === Infinity || point.p === 1))
    return `There are exactly as many ${problem.probe ? "labelled" : "training"} rows as features, ` +
      "which makes the risk infinite at <b>every mask ratio</b>: move the number of features per " +
      "sample a little.";
  const mine = `your <b>${settings.ratio.toFixed(2)}</b>`, { probe } = problem;
  if (flat && probe) return sameEverywhere(problem);
  if (best.p > 0.9999 && !probe)
    return "Nothing here is worth learning: <b>predicting nothing</b> beats every mask ratio, and at " +
      `${mine} the risk is ${compared(yours.total, nothing)}.`;
  const largest = ["bias", "design", "noise"].find((part) => yours[part] > yours.total / 2);
  const mostly = largest && yours.total > WITHIN * best.total ? ` (mostly ${NAMES[largest].toLowerCase()})` : "";
  const share = Math.round((100 * best.total) / nothing) || "less than 1";
  const choice = best.p < 0.001
    ? "It is best <b>not to mask</b>"
    : best.p > 0.999
      ? "It is best to mask <b>nearly everything</b>"
      : `The best mask ratio is <b>${best.p.toFixed(2)}</b>`;
  const bare = probe && best.p >= 0.001 ? ` (without masks it is ${compared(points[0].total, best.total)})` : "";
  const range = high - low < 0.005
    ? "hardly any other ratio is within 10 % of that"
    : `from <b>${low.toFixed(2)} to ${high.toFixed(2)}</b> the risk is within 10 % of that`;
  const drawn = `, and with R2MAE between ${settings.low.toFixed(2)} and ${settings.high.toFixed(2)} ` +
    `it is ${compared(random.total, best.total)}`;
  return `${choice}, with ${share} % of the risk of predicting nothing${bare}; ${range}, at ${mine} it is ` +
    `${compared(yours.total, best.total)}${mostly}${drawn}.`;
}

/** Why no mask ratio of pretraining is better than another. */
function sameEverywhere({ s, masked }) {
  if (s[0] < s[s.length - 1])
    return "With more labelled samples than features and no ridge, the probe undoes whatever " +
      "pretraining did: <b>the mask ratio makes no difference</b>.";
  return masked
    ? "The features are uncorrelated, so the others say nothing about a masked one: pretraining " +
      "learns nothing, and the probe predicts nothing <b>at every mask ratio</b>."
    : "All directions have the same variance, so pretraining has none to prefer: " +
      "<b>the mask ratio makes no difference</b>.";
}

/** What the mask ratio does for a probe; nothing to say of other targets. */
function reasonFor({ problem: { probe, masked }, settings: { alignment }, flat }) {
  if (!probe || flat) return "";
  if (probe.penalty !== "best")
    return "The higher the ratio, the more pretraining shrinks weak directions beside leading ones. With " +
      `${probe.penalty === "none" ? "no ridge" : "a given ridge"} this also stands in for what the ridge ` +
      "lacks: choose the best ridge to see what the ratio itself is good for.";
  if (masked)
    return "With the loss on masked features only, pretraining lets through what it would with all of " +
      "them less the mean over directions: leading ones, and the weakest with the other sign. That " +
      "says less of the signal, and ratios matter less. Choose all features to compare.";
  const prior = "The mask ratio is what the probe expects of the signal (its prior): the same in every " +
    "direction at 0, along the leading ones towards 1";
  if (alignment >= 2) return `${prior}. With an alignment of 2 the signal is as the highest ratios expect it.`;
  if (alignment > 0) return `${prior}. With an alignment of ${alignment} it is in between.`;
  return alignment < 0
    ? `${prior}. With an alignment of ${alignment} it prefers weak directions: masks mislead the probe.`
    : `${prior}. With an alignment of 0 it is the same in every direction: masks mislead the probe.`;
}

/** The table: the risk and its parts at your ratio, at the best one and under R2MAE. */
function tableFor({ best, yours, random, settings, problem }) {
  const range = `${settings.low.toFixed(2)}–${settings.high.toFixed(2)}`;
  const columns = [
    ["yours", `yours<br>${settings.ratio.toFixed(2)}`, yours],
    ["best", `best<br>${best.p.toFixed(3)}`, best],
    ["random", `R2MAE<br>${range}`, random],
  ];
  const head = columns.map(([, title]) => `<th scope="col">${title}</th>`).join("");
  const body = PARTS.map((part) => {
    const swatch = `<svg class="swatch ${part}" aria-hidden="true"><path d="M0 5H40"/></svg>`;
    const cells = columns.map(([name, , risk]) =>
      `<td data-case="${name}" data-part="${part}">${shown(risk[part])}</td>`);
    return `<tr><th scope="row">${swatch}${NAMES[part]}</th>${cells.join("")}</tr>`;
  });
  if (problem.probe) {
    const cells = columns.map(([name, , risk]) =>
      `<td data-case="${name}" data-part="ridge">${shown(risk.ridge)}</td>`);
    body.push(`<tr><th scope="row">Ridge of the probe</th>${cells.join("")}</tr>`);
  }
  return `<thead><tr><th scope="col">Curve</th>${head}</tr></thead><tbody>${body.join("")}</tbody>`;
}

/** The same questions to the Python package. */
function pythonFor(settings) {
  const spectra = {
    power_law: `power_law(${settings.exponent}, ${FEATURES})`,
    spiked: `spiked([${settings.size}] * ${settings.spikes}, ${FEATURES})`,
    latent_factors: `latent_factors(${settings.rank}, ${FEATURES}, ${settings.strength})`,
  };
  if (settings.target === "probe") return probePython(settings, spectra[settings.spectrum]);
  const target = settings.target === "masked"
    ? "MaskedFeature()"
    : `LinearTarget(snr=${settings.snr}, alignment=${settings.alignment})`;
  const masks = settings.masks === Infinity ? 'float("inf")' : settings.masks;
  const powers = {
    student: `StudentPower(${settings.degrees})`,
    lognormal: `LognormalPower(${settings.deviation})`,
  };
  const also = [];
  if (settings.fill !== "zero") also.push(`    "fill": "${settings.fill}",`);
  if (settings.test > 0)
    also.push(`    "test_mask_ratio": ${settings.test},`, `    "test_fill": "${settings.testFill}",`);
  if (settings.power !== "none") also.push(`    "row_power": rl.${powers[settings.power]},`);
  return [
    "import ridgeless as rl",
    "",
    `spectrum = rl.Spectrum.${spectra[settings.spectrum]}`,
    "problem = {",
    `    "target": rl.${target},`,
    `    "aspect_ratio": ${settings.gamma},`,
    `    "masks_per_sample": ${masks},`,
    ...also,
    "}",
    "best = rl.optimal_mask_ratio(spectrum, **problem)",
    `yours = rl.risk(spectrum, ${settings.ratio}, **problem)`,
    `random = rl.risk(spectrum, rl.UniformRatio(${settings.low}, ${settings.high}), **problem)`,
  ].join("\n");
}

/** The same of a probe. */
function probePython({ snr, alignment, gamma, fill, loss, penalty, ridge, ratio, low, high }, spectrum) {
  const also = [];
  if (loss !== "all") also.push(`    "rows": "${loss}",`);
  if (fill !== "zero") also.push(`    "fill": "${fill}",`);
  if (penalty !== "best") also.push(`    "probe_ridge": ${penalty === "none" ? 0 : ridge},`);
  return [
    "import ridgeless as rl",
    "",
    `spectrum = rl.Spectrum.${spectrum}`,
    "problem = {",
    `    "target": rl.LinearTarget(snr=${snr}, alignment=${alignment}),`,
    `    "aspect_ratio": ${gamma},`,
    ...also,
    "}",
    "best = rl.optimal_mask_ratio(spectrum, front=rl.transfer_risk, **problem)",
    `yours = rl.transfer_risk(spectrum, ${ratio}, **problem)`,
    `random = rl.transfer_risk(spectrum, rl.UniformRatio(${low}, ${high}), **problem)`,
  ].join("\n");
}

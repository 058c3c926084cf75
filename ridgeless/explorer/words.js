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
function sentenceFor({ problem, points, best, low, high, yours, random, settings }) {
  const nothing = problem.signal.null;
  if (nothing === 0)
    return "The features are uncorrelated, so the others say nothing about a masked one: there is " +
      "nothing to learn, and every mask ratio below 1 only fits noise.";
  if (points.every((point) => point.total === Infinity || point.p === 1))
    return "There are exactly as many training rows as features, which makes the risk infinite at " +
      "<b>every mask ratio</b>: move the number of features per sample a little.";
  const mine = `your <b>${settings.ratio.toFixed(2)}</b>`;
  if (best.p > 0.9999)
    return "Nothing here is worth learning: <b>predicting nothing</b> beats every mask ratio, and at " +
      `${mine} the risk is ${compared(yours.total, nothing)}.`;
  const largest = ["bias", "design", "noise"].find((part) => yours[part] > yours.total / 2);
  const mostly = largest && yours.total > WITHIN * best.total ? ` (mostly ${NAMES[largest].toLowerCase()})` : "";
  const share = Math.round((100 * best.total) / nothing) || "less than 1";
  const choice = best.p < 0.001 ? "It is best <b>not to mask</b>" : `The best mask ratio is <b>${best.p.toFixed(2)}</b>`;
  const range = high - low < 0.005
    ? "hardly any other ratio is within 10 % of that"
    : `from <b>${low.toFixed(2)} to ${high.toFixed(2)}</b> the risk is within 10 % of that`;
  const drawn = `, and with R2MAE between ${settings.low.toFixed(2)} and ${settings.high.toFixed(2)} ` +
    `it is ${compared(random.total, best.total)}`;
  return `${choice}, with ${share} % of the risk of predicting nothing; ${range}, at ${mine} it is ` +
    `${compared(yours.total, best.total)}${mostly}${drawn}.`;
}

/** The table: the risk and its parts at your ratio, at the best one and under R2MAE. */
function tableFor({ best, yours, random, settings }) {
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
  return `<thead><tr><th scope="col">Curve</th>${head}</tr></thead><tbody>${body.join("")}</tbody>`;
}

/** The same questions to the Python package. */
function pythonFor(settings) {
  const spectra = {
    power_law: `power_law(${settings.exponent}, ${FEATURES})`,
    spiked: `spiked([${settings.size}] * ${settings.spikes}, ${FEATURES})`,
    latent_factors: `latent_factors(${settings.rank}, ${FEATURES}, ${settings.strength})`,
  };
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

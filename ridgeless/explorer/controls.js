// The controls: sliders and choices, read as settings and set from the page's address.
"use strict";

const labels = (target) => target !== "masked"; // targets with labels to learn from
const masksRows = (target) => target !== "probe"; // targets learnt from masked rows themselves

/**
 * Sliders; a logarithmic one moves in powers of ten, and two digits are what is used. Labels and
 * hints that are functions depend on the settings.
 */
const SLIDERS = {
  gamma: {
    label: ({ target }) => `Features per ${target === "probe" ? "labelled " : ""}sample γ`,
    low: 0.1, high: 10, log: true, start: 0.5,
    hint: ({ target, gamma }) => `${FEATURES} features, ${Math.max(1, Math.round(FEATURES / gamma))} ` +
      `${target === "probe" ? "labelled" : "training"} samples`,
  },
  snr: {
    label: "Signal-to-noise ratio", low: 0.1, high: 100, log: true, start: 2,
    only: { target: labels },
  },
  alignment: {
    label: "Alignment", low: -1, high: 2, step: 0.1, start: 0.5, only: { target: labels },
    hint: "0: the signal is the same in every direction; above: it prefers the strong ones",
  },
  exponent: {
    label: "Exponent", low: 0, high: 3, step: 0.1, start: 1, only: { spectrum: "power_law" },
    hint: "eigenvalue i is proportional to 1/i to this power; 0: no correlations",
  },
  spikes: {
    label: "Number of spikes", low: 1, high: 10, step: 1, start: 3, only: { spectrum: "spiked" },
  },
  size: {
    label: "Size of a spike", low: 1.25, high: 100, log: true, start: 20,
    only: { spectrum: "spiked" }, hint: "its eigenvalue; all others are 1",
  },
  rank: {
    label: "Number of factors", low: 5, high: 100, step: 5, start: 20,
    only: { spectrum: "latent_factors" },
  },
  strength: {
    label: "Strength of a factor", low: 0.3, high: 100, log: true, start: 5,
    only: { spectrum: "latent_factors" }, hint: "eigenvalue 1 + strength; all others are 1",
  },
  degrees: {
    label: "Degrees of freedom", low: 2.5, high: 32, log: true, start: 4,
    only: { power: "student", target: masksRows },
    hint: "fewer: heavier tails; below 5 the dots are slow to reach the curve",
  },
  deviation: {
    label: "Deviation σ", low: 0.1, high: 1.5, step: 0.1, start: 0.5,
    only: { power: "lognormal", target: masksRows },
    hint: "standard deviation of the logarithm of the power",
  },
  test: {
    label: "Mask ratio of test inputs", low: 0, high: 0.95, step: 0.05, start: 0,
    only: { target: masksRows }, hint: "0: all features are seen in the test",
  },
  ridge: {
    label: "Ridge λ", low: 0.001, high: 100, log: true, start: 1,
    only: { target: "probe", penalty: "given" },
    hint: "in units of the mean variance of what pretraining puts out",
  },
  ratio: { label: "Your mask ratio", low: 0.01, high: 0.99, step: 0.01, start: 0.3 },
  low: { label: "R2MAE: smallest ratio", low: 0.01, high: 0.99, step: 0.01, start: 0.1 },
  high: { label: "R2MAE: largest ratio", low: 0.01, high: 0.99, step: 0.01, start: 0.4 },
};
const CHOICES = {
  target: {
    options: { masked: "a masked feature", linear: "a linear task", probe: "a probe after pretraining" },
    hint: ({ target }) => target === "probe"
      ? "Pretrain, then probe: abundant unlabelled rows, masked anew for ever, teach a linear map " +
        "to restore them; a ridge regression on its output learns the task from few labelled rows, " +
        "unmasked. The masks are those of pretraining."
      : "",
  },
  spectrum: { options: { power_law: "power law", spiked: "spikes", latent_factors: "factors" } },
  masks: {
    label: "Masks per sample", options: { 1: "1", 2: "2", 4: "4", 8: "8", inf: "∞" },
    only: { target: masksRows }, hint: "∞: fresh masks in every epoch, for ever",
  },
  fill: {
    label: "What is kept of a masked row", options: { zero: "as it is", rescale: "divided by 1 − p" },
    hint: ({ target }) => target === "probe"
      ? "a probe sees this of a range of ratios only: one ratio changes nothing but the scale"
      : "divided: as dropout does, so that a row is as large as without masks on average",
  },
  loss: {
    label: "Features in the loss of pretraining", options: { all: "all", masked: "masked ones" },
    only: { target: "probe" },
    hint: "all: denoising; masked ones: as masked autoencoders do",
  },
  penalty: {
    label: "Ridge of the probe", options: { best: "the best", none: "none", given: "given" },
    only: { target: "probe" }, hint: "the best: of smallest risk, as validation finds it",
  },
  testFill: {
    label: "What is kept of a test input", options: { zero: "as it is", rescale: "divided by 1 − p" },
    only: { test: (ratio) => ratio > 0, target: masksRows },
  },
  power: {
    label: "Power of samples", options: { none: "equal", student: "Student", lognormal: "lognormal" },
    only: { target: masksRows },
    hint: "a random factor on all features of a sample, as library sizes or volatility are",
  },
};
const GROUPS = [
  ["What is predicted", ["target", "snr", "alignment"]],
  ["Eigenvalues of the data", ["spectrum", "exponent", "spikes", "size", "rank", "strength"]],
  ["Training", ["gamma", "masks", "fill", "loss", "penalty", "ridge"]],
  ["Samples", ["power", "degrees", "deviation"]],
  ["Test", ["test", "testFill"]],
  ["Mask ratios to compare", ["ratio", "low", "high"]],
];

/** The form's fields, as HTML. */
function controlsHtml() {
  const slider = (name) => {
    const { low, high, log, step } = SLIDERS[name];
    const range = log ? [Math.log10(low), Math.log10(high), 0.05] : [low, high, step];
    const [min, max, by] = range.map((value) => Number(value.toFixed(2)));
    return `<div class="field" data-field="${name}"><label for="${name}" data-label="${name}"></label>` +
      `<output for="${name}"></output>` +
      `<input type="range" id="${name}" min="${min}" max="${max}" step="${by}">` +
      `<span class="hint" data-of="${name}"></span></div>`;
  };
  const choice = (name) => {
    const { label, options } = CHOICES[name];
    const button = ([value, text], i) =>
      `<label><input type="radio" name="${name}" value="${value}" ${i ? "" : "checked"}>` +
      `<span>${text}</span></label>`;
    return `<div data-field="${name}">` +
      (label ? `<div id="${name}-label" data-label="${name}"></div>` : "") +
      `<div class="choices" ${label ? `role="group" aria-labelledby="${name}-label"` : ""}>` +
      `${Object.entries(options).map(button).join("")}</div>` +
      `<span class="hint" data-of="${name}"></span></div>`;
  };
  const group = ([legend, fields]) =>
    `<fieldset><legend>${legend}</legend>` +
    `${fields.map((name) => (SLIDERS[name] ? slider(name) : choice(name))).join("")}</fieldset>`;
  return GROUPS.map(group).join("") +
    '<label class="tick"><input type="checkbox" id="simulate" checked>simulate, as dots</label>';
}

/** What the form says now: the numbers that are shown are the numbers that are used. */
function readSettings(form) {
  const settings = {};
  for (const name in CHOICES) settings[name] = form.elements[name].value;
  settings.masks = settings.masks === "inf" ? Infinity : Number(settings.masks);
  for (const [name, { log }] of Object.entries(SLIDERS)) {
    const value = Number(form.elements[name].value);
    settings[name] = log ? Number((10 ** value).toPrecision(2)) : value;
  }
  return settings;
}

/** Move the form to `wanted`, names and texts as in an address; what is not known is left out. */
function writeSettings(form, wanted) {
  for (const [name, text] of Object.entries(wanted)) {
    const value = Number(text);
    if (CHOICES[name]?.options[text]) form.elements[name].value = text;
    else if (SLIDERS[name] && Number.isFinite(value))
      form.elements[name].value = SLIDERS[name].log ? Math.log10(value) : value;
  }
}

/** Show the values beside the sliders, and only the controls that matter. */
function labelControls(form, settings) {
  const said = (text) => (typeof text === "function" ? text(settings) : text ?? "");
  const write = (place, text) => place && place.textContent !== text && (place.textContent = text);
  for (const [name, { label, hint, only = {}, step }] of Object.entries({ ...SLIDERS, ...CHOICES })) {
    write(form.querySelector(`[data-label="${name}"]`), said(label));
    write(form.querySelector(`[data-of="${name}"]`), said(hint));
    const field = form.querySelector(`[data-field="${name}"]`);
    field.hidden = !Object.entries(only).every(([of, wanted]) =>
      typeof wanted === "function" ? wanted(settings[of]) : settings[of] === wanted);
    if (!SLIDERS[name]) continue;
    const text = step < 1 ? settings[name].toFixed(step < 0.1 ? 2 : 1) : String(settings[name]);
    field.querySelector("output").textContent = text;
    form.elements[name].setAttribute("aria-valuetext", text);
  }
  for (const group of form.querySelectorAll("fieldset"))
    group.hidden = !group.querySelector("[data-field]:not([hidden])");
}

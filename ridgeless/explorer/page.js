// The page: every change of a control is computed, drawn and put into words at once.
"use strict";

const DELAY = 400; // ms without a change before simulating, and before the address follows
const byId = (id) => document.getElementById(id);
const form = byId("controls");
let state, geometry, worker, simulatedKey, waiting;

/** Compute everything for the settings; the curve only if it is another one. */
function compute(settings) {
  const curveKey = JSON.stringify({ ...settings, masks: String(settings.masks), ratio: 0, low: 0, high: 0 });
  const problem = curveKey === state?.curveKey ? state.problem : problemOf(settings);
  const { points, best, low, high, flat } = problem === state?.problem ? state : curveOf(problem);
  const yours = risk(problem, fixedRatio(settings.ratio));
  const random = risk(problem, uniformRatio(settings.low, settings.high));
  return { settings, curveKey, problem, points, best, low, high, flat, yours, random };
}

/** Compute and show; the time that takes is shown too. */
function update() {
  const began = performance.now(), settings = readSettings(form);
  labelControls(form, settings);
  // Simulated points stay while only your ratio moves.
  const key = JSON.stringify({ ...settings, masks: String(settings.masks), ratio: 0 });
  const simulation = key === simulatedKey ? state?.simulation : undefined;
  state = { ...compute(settings), simulation };
  draw();
  byId("sentence").innerHTML = sentenceFor(state);
  byId("plot").setAttribute("aria-label", byId("sentence").textContent);
  byId("reason").textContent = reasonFor(state);
  byId("values").innerHTML = tableFor(state);
  byId("python").textContent = pythonFor(settings);
  window.ridgeless.milliseconds = performance.now() - began;
  byId("timing").textContent = `Computed in ${window.ridgeless.milliseconds.toFixed(0)} ms.`;
  if (key !== simulatedKey) stopSimulation();
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    if (key !== simulatedKey) startSimulation(settings, key);
    const texts = { ...settings, masks: String(settings.masks).replace("Infinity", "inf") };
    history.replaceState(null, "", `#${new URLSearchParams(texts)}`);
  }, DELAY);
}

function draw() {
  geometry = drawPlot(byId("plot"), state);
}

function stopSimulation() {
  worker?.terminate();
  worker = simulatedKey = undefined;
  byId("simulated").textContent = "";
}

/** Simulate the settings in a worker made of this page's own engine. */
function startSimulation(settings, key) {
  stopSimulation();
  if (!byId("simulate").checked) return;
  const source = URL.createObjectURL(new Blob([byId("engine").textContent], { type: "text/javascript" }));
  worker = new Worker(source);
  URL.revokeObjectURL(source);
  simulatedKey = key;
  byId("simulated").textContent = "Dots: simulating …";
  worker.onmessage = ({ data }) => {
    state.simulation = data;
    byId("simulated").textContent =
      `Dots: ${data.rounds} simulated training set${data.rounds > 1 ? "s" : ""} of ${FEATURES} ` +
      `features${data.done ? "." : ", more to come."}`;
    draw();
  };
  worker.onerror = () => {
    byId("simulated").textContent = "No dots: this browser does not let the page simulate.";
  };
  worker.postMessage(settings);
}

/** Follow the address, as in the links of the page. */
function followAddress() {
  const address = location.hash.slice(1);
  if (!address.includes("=")) return false;
  writeSettings(form, Object.fromEntries(new URLSearchParams(address)));
  update();
  return true;
}

form.innerHTML = controlsHtml();
writeSettings(form, Object.fromEntries(Object.entries(SLIDERS).map(([name, { start }]) => [name, start])));
document.querySelectorAll(".dimension").forEach((place) => (place.textContent = FEATURES));
window.ridgeless = { settings: () => readSettings(form), state: () => state };

form.addEventListener("input", ({ target }) => {
  // The ends of the range push each other.
  const { low, high } = form.elements;
  if (Number(low.value) > Number(high.value)) (target === low ? high : low).value = target.value;
  if (target.id === "simulate") simulatedKey = undefined;
  update();
});
form.addEventListener("submit", (event) => event.preventDefault());
const drag = (event) => {
  if (event.buttons === 0) return;
  form.elements.ratio.value = geometry.ratioAt(event.offsetX);
  update();
};
byId("plot").addEventListener("pointerdown", drag);
byId("plot").addEventListener("pointermove", drag);
window.addEventListener("hashchange", () => {
  if (followAddress()) byId("figure").scrollIntoView();
});
new ResizeObserver(() => state && draw()).observe(byId("plot"));
update();
followAddress();

"""The explorer computes what the package does, in any browser, from a file and nothing else."""

import importlib.resources
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ridgeless as rl
from ridgeless import explorer
from ridgeless.cli.main import main
from tests import tolerances
from tests.browser import Browser, browser, chromium

DOCS = Path(rl.__file__).parents[1] / "docs"

needs_chromium = pytest.mark.skipif(
    chromium() is None and not os.environ.get("CI"),
    reason="Chromium is not installed (Debian: apt-get install chromium)",
)

# Random positions of every slider and choice, from a seed; choices that are named stay so.
SHUFFLE = """((seed, fixed) => {
  const { uniform } = randomNumbers(seed), pick = list => list[Math.floor(uniform() * list.length)];
  for (const name in CHOICES)
    form.elements[name].value = pick(fixed[name] ?? Object.keys(CHOICES[name].options));
  for (const name in SLIDERS) {
    const { min, max } = form.elements[name];
    form.elements[name].value = Number(min) + uniform() * (max - min);
  }
  if (uniform() < 0.5) form.elements.test.value = 0;
  form.elements.low.dispatchEvent(new Event("input", { bubbles: true }));
})"""
READ = """({
  python: document.getElementById("python").textContent,
  cells: Object.fromEntries([...document.querySelectorAll("td")].map(
    cell => [cell.dataset.case + " " + cell.dataset.part, cell.textContent])),
  best: state.best.p, low: state.low, high: state.high, flat: state.flat ?? false,
  sentence: document.getElementById("sentence").textContent,
  sliders: Object.fromEntries([...document.querySelectorAll("output")].map(
    shown => [shown.htmlFor.value, shown.textContent])),
  current: JSON.stringify(state.settings) === JSON.stringify(readSettings(form)),
})"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    folder = tmp_path_factory.mktemp("explorer")
    path = explorer.write(folder)
    with browser(folder / "profile") as opened:
        opened.resize(1280, 900)
        opened.open(path.as_uri())
        yield opened


def number(text: str) -> float:
    return math.inf if text == "∞" else float(text)


def expected(python: str) -> dict[str, Any]:
    """Run the Python that the page shows."""
    names: dict[str, Any] = {}
    exec(python, names)
    return names


def parts(found: rl.Risk) -> dict[str, float]:
    values = (found.total, found.bias, found.design_variance, found.noise_variance)
    return {
        name: float(value)
        for name, value in zip(("total", "bias", "design", "noise"), values, strict=True)
    }


def agrees(shown: str, value: float, beside: float) -> bool:
    return number(shown) == pytest.approx(
        value, rel=tolerances.EXPLORER, abs=tolerances.NEGLIGIBLE_SHOWN * beside
    )


def test_the_page_in_docs_is_what_the_package_makes_now() -> None:
    assert (DOCS / explorer.NAME).read_text("utf-8") == explorer.page()
    assert "{{" not in explorer.page()


def test_the_page_needs_no_other_file() -> None:
    text = explorer.page()
    for outside in ("http://", "https://", "//cdn", "@import", 'src="', "url(http"):
        assert outside not in text, outside
    names = {path.name for path in importlib.resources.files(explorer).iterdir()}
    assert {"page.html", "style.css", "risk.js"} <= names


def test_explore_writes_the_page_and_opens_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    monkeypatch.setattr("tempfile.mkdtemp", lambda prefix: str(tmp_path / "temporary"))
    assert main(["explore", "--output", str(tmp_path / "new")]) == 0
    assert (tmp_path / "new" / explorer.NAME).read_text("utf-8") == explorer.page()
    assert not opened
    assert main(["explore"]) == 0
    assert opened == [(tmp_path / "temporary" / explorer.NAME).as_uri()]
    monkeypatch.setattr("webbrowser.open", lambda address: False)
    assert main(["explore"]) == 0
    assert "open this file" in capsys.readouterr().out


@needs_chromium
@pytest.mark.nojit_slow
@pytest.mark.parametrize("seed", range(30))
def test_what_is_shown_is_what_the_package_says(page: Browser, seed: int) -> None:
    page.run(f"{SHUFFLE}({seed}, {{target: ['masked', 'linear']}})")
    shown = page.run(READ)
    assert shown["current"]
    said = expected(shown["python"])
    assert said["problem"]["aspect_ratio"] == float(shown["sliders"]["gamma"])
    if said["yours"].null > 0:
        assert shown["sliders"]["ratio"] in shown["sentence"]
    best = said["best"]
    for name, ratio in (("best", best.mask_ratio), ("low", best.low), ("high", best.high)):
        assert shown[name] == pytest.approx(ratio, abs=tolerances.EXPLORER), name
    found = {"yours": said["yours"], "random": said["random"]}
    found["best"] = rl.risk(said["spectrum"], best.mask_ratio, **said["problem"])
    null = float(found["best"].null)
    for case, risk in found.items():
        for part, value in parts(risk).items():
            text = shown["cells"][f"{case} {part}"]
            assert agrees(text, value, risk.total), (case, part, text, value, null)


@needs_chromium
@pytest.mark.nojit_slow
@pytest.mark.parametrize(
    ("penalty", "seed"),
    [(penalty, seed) for penalty in ("none", "given") for seed in range(6)]
    + [pytest.param("best", seed, marks=pytest.mark.slow) for seed in range(6)],
)
def test_a_probe_is_what_the_package_says(page: Browser, penalty: str, seed: int) -> None:
    page.run(f"{SHUFFLE}({seed}, {{target: ['probe'], penalty: ['{penalty}']}})")
    shown = page.run(READ)
    assert shown["current"]
    said = expected(shown["python"])
    best = said["best"]
    if not shown["flat"]:
        for name, ratio in (("best", best.mask_ratio), ("low", best.low), ("high", best.high)):
            assert shown[name] == pytest.approx(ratio, abs=tolerances.EXPLORER), name
    found = {"yours": said["yours"], "random": said["random"]}
    found["best"] = rl.transfer_risk(said["spectrum"], best.mask_ratio, **said["problem"])
    for case, risk in found.items():
        for part, value in (parts(risk) | {"ridge": float(risk.probe_ridge)}).items():
            text = shown["cells"][f"{case} {part}"]
            assert agrees(text, value, risk.total), (case, part, text, value)


@needs_chromium
def test_a_probe_has_only_controls_that_matter(page: Browser) -> None:
    page.run("location.hash = '#target=probe&penalty=given&power=student&masks=8&test=0.5'")
    page.until("document.querySelector('output[for=ridge]').checkVisibility()")
    hidden = "[...document.querySelectorAll('[data-field]')].filter(x => !x.checkVisibility())"
    assert {
        "masks", "power", "degrees", "deviation", "test", "testFill"
    } <= set(page.run(f"{hidden}.map(field => field.dataset.field)"))  # fmt: skip
    legends = "[...document.querySelectorAll('legend')].filter(x => x.checkVisibility())"
    assert not {"Samples", "Test"} & set(page.run(f"{legends}.map(x => x.textContent)"))
    page.run("document.activeElement.blur(); document.getElementById('plot').scrollIntoView()")
    reached = set()
    for _ in range(20):
        page.press("Tab")
        reached.add(page.run("document.activeElement.name || document.activeElement.id"))
    assert {"target", "snr", "alignment", "loss", "penalty", "ridge", "ratio"} <= reached
    page.until("location.hash.includes('penalty=given')")  # the address follows
    page.run("location.hash = '#target=masked&power=none&masks=1&test=0&penalty=best'")
    page.until("document.querySelector('[data-field=masks]').checkVisibility()")
    assert page.run("document.getElementById('reason').textContent") == ""


@needs_chromium
@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("gamma=2&exponent=0&loss=all&penalty=best", "no difference"),
        ("gamma=2&exponent=0&loss=masked&penalty=best", "predicts nothing"),
        ("gamma=0.5&exponent=1&loss=all&penalty=none", "undoes"),
        ("gamma=1&exponent=1&loss=all&penalty=none", "infinite"),
    ],
)
def test_a_probe_that_ratios_do_nothing_for(page: Browser, address: str, words: str) -> None:
    page.run(f"location.hash = '#target=probe&spectrum=power_law&{address}'")
    page.until(f"document.getElementById('sentence').textContent.includes('{words}')")


@needs_chromium
def test_infinite_and_trivial_risks_are_said(page: Browser) -> None:
    page.run("location.hash = '#target=linear&gamma=1&masks=1&spectrum=power_law&exponent=1'")
    page.until("document.getElementById('sentence').textContent.includes('infinite')")
    assert page.run(READ)["cells"]["yours total"] == "∞"
    page.run("location.hash = '#target=masked&exponent=0&gamma=0.5'")
    page.until("document.getElementById('sentence').textContent.includes('uncorrelated')")
    page.run("location.hash = '#target=masked&exponent=1&gamma=0.5&ratio=0.5'")
    page.until("document.querySelector('td[data-case=yours]').textContent === '∞'")


@needs_chromium
def test_keys_move_a_slider_and_the_value_follows(page: Browser) -> None:
    page.run("location.hash = '#target=masked&exponent=1&gamma=0.5&ratio=0.45&masks=1'")
    page.until("document.querySelector('output[for=ratio]').textContent === '0.45'")
    before = page.run(READ)
    page.run("document.getElementById('ratio').focus()")
    page.press("ArrowRight")
    page.until("document.querySelector('output[for=ratio]').textContent === '0.46'")
    after = page.run(READ)
    assert after["sliders"]["ratio"] == "0.46"
    assert after["cells"]["yours total"] != before["cells"]["yours total"]
    assert after["cells"]["best total"] == before["cells"]["best total"]
    # Every control is reached with the Tab key alone.
    page.run("document.activeElement.blur(); document.getElementById('plot').scrollIntoView()")
    reached = set()
    for _ in range(30):
        page.press("Tab")
        reached.add(page.run("document.activeElement.name || document.activeElement.id"))
    assert {"target", "spectrum", "exponent", "gamma", "masks", "ratio", "low", "high"} <= reached
    assert {"fill", "power", "test"} <= reached


@needs_chromium
def test_the_ends_of_the_range_push_each_other(page: Browser) -> None:
    page.run("location.hash = '#low=0.2&high=0.5'")
    # Not where the page starts: the new address is taken up later than it is set.
    page.until("document.querySelector('output[for=high]').textContent === '0.50'")
    page.run("document.getElementById('low').focus()")
    page.press("End")
    page.until("document.querySelector('output[for=low]').textContent === '0.99'")
    sliders = page.run(READ)["sliders"]
    assert sliders["low"] == sliders["high"] == "0.99"


#: Settings of a simulation, and a wrong theory that it must tell from the right one, if any.
SIMULATIONS: list[tuple[str, dict[str, Any]]] = [
    ("target=masked&gamma=2&masks=1&ratio=0.3&low=0.1&high=0.4", {}),
    (
        "target=linear&gamma=2&masks=4&fill=rescale&power=student&degrees=10&test=0.3"
        "&testFill=rescale&low=0.1&high=0.6&snr=2&alignment=0",
        {"fill": "zero", "test_fill": "rescale"},
    ),
    (
        "target=linear&gamma=4&masks=8&fill=zero&power=lognormal&deviation=1&test=0.3"
        "&testFill=zero&low=0.1&high=0.6&snr=2&alignment=0",
        {"row_power": None},
    ),
    (
        "target=masked&gamma=0.5&masks=2&fill=rescale&power=lognormal&deviation=0.5&test=0.5"
        "&testFill=zero&low=0.4&high=0.8",
        {"test_fill": "rescale"},
    ),
    (
        "target=linear&gamma=1&masks=inf&fill=rescale&power=student&degrees=10&test=0.5"
        "&testFill=rescale&low=0.3&high=0.8&snr=1&alignment=0",
        {"fill": "zero", "test_fill": "rescale"},
    ),
    (
        "target=probe&gamma=2&masks=1&loss=masked&penalty=given&ridge=0.1&low=0.1&high=0.6&snr=10"
        "&alignment=1",
        {"rows": "all"},
    ),
    (
        "target=probe&gamma=0.5&masks=1&loss=all&penalty=best&fill=rescale&low=0.3&high=0.9&snr=2"
        "&alignment=1",
        {},
    ),
]


@needs_chromium
@pytest.mark.nojit_slow
@pytest.mark.parametrize(("wanted", "wrong"), SIMULATIONS)
def test_simulated_points_lie_on_the_curve(
    page: Browser, wanted: str, wrong: dict[str, Any]
) -> None:
    page.run("stopSimulation(), delete state.simulation, location.hash = '#'")
    plain = "spectrum=power_law&exponent=1&fill=zero&power=none&test=0"
    page.run(f"location.hash = '#{plain}&{wanted}'")
    gamma = wanted.split("gamma=")[1].split("&")[0]
    masks = wanted.split("masks=")[1].split("&")[0].replace("inf", "Infinity")
    page.until(
        f"state.settings.gamma === {gamma} && state.settings.masks === {masks} "
        "&& state.simulation?.rounds >= 4"
    )
    ratios, points, drawn = page.run(
        "(stopSimulation(), [SIMULATED, state.simulation.fixed, state.simulation.random])"
    )
    said = expected(page.run(READ)["python"])
    allowed = tolerances.FINITE_SIZE / said["spectrum"].weights.size
    front = rl.transfer_risk if "target=probe" in wanted else rl.risk

    def misfit(problem: dict[str, Any]) -> tuple[float, float]:
        low, high = page.run("[state.settings.low, state.settings.high]")
        theory = list(np.asarray(front(said["spectrum"], np.array(ratios), **problem).total))
        theory.append(front(said["spectrum"], rl.UniformRatio(low, high), **problem).total)
        scores = [
            (point["mean"] - value) / math.hypot(point["error"], allowed * value)
            for point, value in zip([*points, drawn], theory, strict=True)
        ]
        middle = np.median([p["mean"] for p in points] / np.array(theory[:-1]))
        return max(map(abs, scores)), abs(middle - 1)

    worst, middle = misfit(said["problem"])
    assert worst < tolerances.MONTE_CARLO_Z
    assert middle < 2 * allowed
    if wrong:
        worst, middle = misfit(said["problem"] | wrong)
        assert worst > tolerances.MONTE_CARLO_Z or middle > 2 * allowed


@needs_chromium
def test_the_stories_are_true(page: Browser) -> None:
    links = page.run(
        "Object.fromEntries([...document.querySelectorAll('#stories a')].map("
        "a => [a.textContent, a.getAttribute('href')]))"
    )

    def at(story: str, **changed: str) -> dict[str, Any]:
        address = f"Object.fromEntries(new URLSearchParams({links[story][1:]!r}))"
        page.run(f"writeSettings(form, {{...{address}, ...{changed}}}), update()")
        found: dict[str, Any] = page.run(
            "({best: state.best.p, risk: state.best.total, null: state.problem.signal.null,"
            " first: state.points[0].total})"
        )
        return found

    for exponent in ("0", "1", "2.5"):
        half = at("One half, whatever the data.", exponent=exponent)
        assert half["best"] == pytest.approx(0.5, abs=tolerances.EXPLORER)
    larger = at("What is kept, made larger.")
    smaller = at("What is kept, made larger.", fill="zero")
    assert larger["best"] == pytest.approx(2 / 3, abs=0.02)
    assert smaller["best"] == pytest.approx(1 / 6, abs=0.02)
    assert smaller["risk"] > 2 * larger["risk"]
    loud, quiet = (at("Loud and quiet samples.", power=power) for power in ("student", "none"))
    assert loud["first"] / quiet["first"] == pytest.approx(2, abs=0.05)
    assert loud["risk"] / quiet["risk"] == pytest.approx(1.2, abs=0.02)
    cured = at("Masking can cure.")
    assert cured["risk"] < 0.55 * cured["null"]
    assert at("Masking can only hurt.")["best"] == 0
    aligned = at("Pretrain, then probe.")
    assert aligned["best"] == pytest.approx(0.88, abs=0.02)
    assert aligned["first"] > 1.25 * aligned["risk"]
    for changed in ({"snr": "40"}, {"gamma": "2"}, {"exponent": "0.7"}):
        assert at("Pretrain, then probe.", **changed)["best"] < aligned["best"]
    assert at("The same data, another task.")["best"] == 0
    assert at("The same data, another task.", alignment="2")["best"] > 0.99


@needs_chromium
@pytest.mark.parametrize("dark", [False, True])
def test_a_phone_shows_it_all(page: Browser, dark: bool) -> None:
    page.resize(375, 760, dark)
    for target in ("masked", "linear", "probe"):
        for masks in ("1", "8"):
            power = "student" if target == "masked" else "lognormal"
            page.run(f"location.hash = '#target={target}&masks={masks}&power={power}&test=0.3'")
            page.until(f"state.settings.target === '{target}' && state.settings.masks === {masks}")
            assert page.run("document.documentElement.scrollWidth") <= 375
            table = "document.querySelector('.scroll')"
            assert page.run(f"{table}.scrollWidth <= {table}.clientWidth")
    page.resize(1280, 900)


@needs_chromium
def test_text_stands_out_from_its_background(page: Browser) -> None:
    """4.5 to 1 for text and 3 to 1 for lines, in light and in dark (WCAG 2, level AA)."""

    def luminance(colour: str) -> float:
        channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(
            channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
        )
        return float(linear @ [0.2126, 0.7152, 0.0722])

    names = ["page", "card", "ink", "soft", "accent", "bias", "design", "noise", "random"]
    for dark in (False, True):
        page.resize(1280, 900, dark)
        style = "getComputedStyle(document.documentElement)"
        colours = page.run(f"{names}.map(name => {style}.getPropertyValue('--' + name).trim())")
        light = dict(zip(names, map(luminance, colours), strict=True))
        for name in names[2:]:
            least = 3.0 if name in ("bias", "design", "noise", "random") else 4.5
            for ground in ("page", "card"):
                dim, bright = sorted((light[name], light[ground]))
                assert (bright + 0.05) / (dim + 0.05) > least, (name, ground, dark)
    page.resize(1280, 900)


@needs_chromium
def test_nothing_was_fetched_and_nothing_complained(page: Browser) -> None:
    """After all the tests above: their page loaded itself, its worker, and no more."""
    page.run("1")
    methods = {event["method"] for event in page.events}
    complaints = {"Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"}
    assert not [event for event in page.events if event["method"] in complaints]
    assert "Network.requestWillBeSent" in methods  # the page itself: requests are seen
    for event in page.events:
        if event["method"] == "Network.requestWillBeSent":
            address = event["params"]["request"]["url"]
            assert address.startswith(("file:", "blob:", "data:")), address

"""report.md: what was found, in words and tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from simulations.running.intervals import standard_error
from simulations.running.pages import table
from validation.report import policies, theories
from validation.report.comparison import AVERAGE, Cell, Row, cells_of, middle_cell
from validation.report.verdicts import PREDICTIONS, PRIMARY, combined
from validation.steps import FALLING, RATIO

__all__ = ["summary"]

LIMITS = (
    "Intervals are over seeds: they say how repeatable a result is on this data set, with this "
    "recipe and these sizes, and nothing of other data. Many verdicts are given, each at 95%: of "
    "twenty effects that are not there one is expected to be confirmed or refuted by chance.",
    "Training has one learning rate for all ratios and sizes, and one number of steps for all "
    "ratios. The linear theory is that of a linear model trained to the end.",
    "Risk along components is measured against the variance of the component, with what cannot be "
    "predicted at all; the theory's unlearned share is of the signal, without the variance that "
    "n samples bring, and its components are those of the covariance that is white within tokens.",
    "Seconds are of the processor on CPU and of the clock on CUDA; they depend on the machine.",
)


def summary(report: Mapping[str, Any], figures: Mapping[str, str]) -> str:
    """Return the text of report.md."""
    cells = cells_of(report["runs"])
    parts = [
        "# Do trained networks follow the curve?",
        _scope(report, cells),
        "## Verdicts",
        *_verdict_tables(report["verdicts"], cells),
        *_steps(report["settings"].get("trials", {})),
        *theories.told(report.get("beside", [])),
        *_figures(figures, ("theories-",)),
        *policies.told(report.get("regrets", [])),
        *_figures(figures, ("risk-", "test-ratios-")),
        "## Risk by mask ratio",
        "Risk on hidden tokens relative to predicting the mean, averaged over seeds, with the "
        "standard error; *theory* is the linear theory's prediction for the same data, n and "
        f"ratio. Test ratio {PRIMARY}: one hidden token per sample.",
        *_risk_tables(cells),
        "### The ratio that is best",
        *_best_table(cells, report["theory"]["best"]),
        *_compute(report["runs"], cells),
        *_components(report["components"], cells),
        *_figures(figures, ("components-",)),
        "## Cost and probe",
        *_costs(cells),
        *_bridge(report["bridge"]),
        *_figures(figures, ("bridge",)),
        "## What is assumed",
        "The linear theory's prediction assumes:",
        _list(report["theory"]["assumptions"]),
        *_notes(report["theory"]["notes"]),
        "Limits of the comparison:",
        _list(LIMITS),
        "## Made with",
        _made(report["provenance"]),
    ]
    return "\n\n".join(parts) + "\n"


def _scope(report: Mapping[str, Any], cells: Sequence[Cell]) -> str:
    runs = {
        tuple(r[k] for k in ("dataset", "model", "width", "n", "ratio", "seed", "equal"))
        for r in report["runs"]
    }
    found = sorted({len(cell.seeds) for cell in cells})
    started = {(cell.dataset, cell.model, seed) for cell in cells for seed, _ in cell.entries}
    whole = {(cell.dataset, cell.model, seed) for cell in cells for seed in cell.seeds}
    text = f"{len(runs)} runs. Seeds with all ratios, by size: {found[0]}"
    text += f" to {found[-1]}." if len(found) > 1 else "."
    if len(found) == 1 and started == whole:
        return text
    return text + " **The experiment is not finished**; seeds that lack a ratio are left out."


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _figures(figures: Mapping[str, str], names: Sequence[str]) -> Iterator[str]:
    for file, caption in figures.items():
        if file.startswith(tuple(names)):
            yield f"![{caption}]({file})\n\n*{caption[0].upper()}{caption[1:]}*"


def _name(cell: Cell | Row) -> str:
    about = cell if isinstance(cell, dict) else vars(cell)
    return f"{Path(about['dataset']).stem} {about['model']}"


def _middles(cells: Sequence[Cell]) -> dict[str, Cell]:
    """Return the middle size of each data set and model."""
    own = {name: [c for c in cells if _name(c) == name] for name in map(_name, cells)}
    return {name: middle_cell(group) for name, group in own.items()}


def _verdict_tables(verdicts: Sequence[Row], cells: Sequence[Cell]) -> Iterator[str]:
    """Yield the verdicts at the primary test ratio and middle size, then all the others."""
    size = {name: (cell.width, cell.n) for name, cell in _middles(cells).items()}

    def leads(v: Row) -> bool:
        at_size = v["width"] is None or (v["width"], v["n"]) == size[_name(v)]
        return at_size and v["test_ratio"] in (PRIMARY, AVERAGE)

    first = [v for v in verdicts if leads(v)]
    yield (
        "At the primary test ratio (whole inputs but for one token) and the middle size; a "
        "prediction with several clauses has the verdict of the weakest."
    )
    rows = []
    for letter, sentence in PREDICTIONS.items():
        words = []
        for name in size:
            own = [v["verdict"] for v in first if (v["id"], _name(v)) == (letter, name)]
            words.append(_emphasised(combined(own)) if own else "")
        rows.append([f"({letter}) {sentence}", *words])
    yield table(["prediction", *size], rows)
    yield "### The figures behind them"
    rules = dict.fromkeys((v["id"], v["clause"], v["rule"]) for v in first)
    yield _list([f"({letter}) {clause}: {rule}" for letter, clause, rule in sorted(rules)])
    yield table(
        ["", "", "clause", "statistic", "95% interval", "seeds", "verdict"],
        [_verdict(v) for v in sorted(first, key=lambda v: v["id"])],
    )
    yield "### At all sizes and test ratios"
    yield (
        "How many verdicts are confirmed / undecided / not confirmed: the primary test ratio at "
        "all sizes, the others at the middle size."
    )
    rows = []
    for letter, clause in sorted(dict.fromkeys((v["id"], v["clause"]) for v in verdicts)):
        own = [v for v in verdicts if (v["id"], v["clause"]) == (letter, clause)]
        counts = [[v["verdict"] for v in own if _name(v) == name] for name in size]
        rows.append([f"({letter}) {clause}", *map(_counted, counts)])
    yield table(["clause", *size], rows)


def _counted(words: Sequence[str]) -> str:
    kinds = ("confirmed", "undecided", "not confirmed")
    return " / ".join(str(words.count(kind)) for kind in kinds) if words else ""


def _emphasised(verdict: str) -> str:
    return f"**{verdict}**" if verdict == "confirmed" else verdict


def _verdict(v: Row) -> list[str]:
    bounds = v["interval"]
    about = v["clause"] + (f", {v['ratio']}" if v["ratio"] else "")
    about += f" (hardest: {v['against']})" if v.get("against") else ""
    about += f" ({v['ties']} ties)" if v.get("ties") else ""
    return [
        f"({v['id']})",
        _name(v),
        about,
        "" if v["statistic"] is None else f"{v['statistic']:.3g}",
        "" if bounds is None else f"{bounds[0]:.3g} to {bounds[1]:.3g}",
        str(v["seeds"]),
        v["verdict"],
    ]


def _mean(values: np.ndarray[Any, Any]) -> str:
    if len(values) < 2:
        return f"{values.mean():.4f}" if len(values) else ""
    return f"{values.mean():.4f} ± {standard_error(values):.4f}"


def _theory_at(cell: Cell, ratio: str, test: str) -> str:
    rows = cell.rows(test, ratio)
    return f"{rows[0]['theory']:.4f}" if rows and "theory" in rows[0] else ""


def _risk_tables(cells: Sequence[Cell]) -> Iterator[str]:
    for name in dict.fromkeys(map(_name, cells)):
        own = [cell for cell in cells if _name(cell) == name]
        ratios = list(dict.fromkeys(ratio for cell in own for ratio in cell.ratios))
        header, sizes = ["mask ratio"], list(dict.fromkeys(cell.n for cell in own))
        for cell in own:
            header.append(f"n = {cell.n}" + (f", width {cell.width}" if cell.width else ""))
        header += [f"theory, n = {n}" for n in sizes]
        rows = []
        for ratio in ratios:
            row = [ratio]
            for cell in own:
                row.append(
                    _mean(cell.risks(PRIMARY, [ratio])[:, 0]) if ratio in cell.ratios else ""
                )
            for n in sizes:
                at = next(cell for cell in own if cell.n == n)
                row.append(_theory_at(at, ratio, PRIMARY))
            rows.append(row)
        yield f"**{name}**"
        yield table(header, rows)


def _best_table(cells: Sequence[Cell], best: Sequence[Row]) -> Iterator[str]:
    yield (
        "The fixed ratio of smallest mean risk, by test ratio (middle size), for all targets and "
        "for the third of the columns that is easiest and hardest to predict linearly. Theory "
        "looks among 0.005 to 0.995, networks have the ratios of the table above."
    )
    rows = []
    for name, cell in _middles(cells).items():
        if not cell.seeds or not cell.fixed:
            continue
        for test in cell.tests:
            words = []
            for target in ("all", "easy", "hard"):
                risks = cell.risks(test, cell.fixed, target).mean(axis=0)
                theory = [
                    b["best_ratio"] for b in best
                    if (b["dataset"], b["n"], b["test_ratio"], b["target"])
                    == (cell.dataset, cell.n, test, target)
                ]  # fmt: skip
                words += [cell.fixed[int(risks.argmin())], f"{theory[0]:g}" if theory else ""]
            rows.append([name, test, *words])
    titles = [f"{target}{of}" for target in ("all", "easy", "hard") for of in ("", ": theory")]
    yield table(["", "test ratio", *titles], rows)


def _compute(runs: Sequence[Row], cells: Sequence[Cell]) -> Iterator[str]:
    """Compare equal steps and equal compute, where the encoder drops hidden tokens."""
    others = cells_of(runs, "compute")
    if not others:
        return
    yield "## Equal steps and equal compute"
    yield (
        "An encoder that drops hidden tokens does a step at a high ratio for less. At equal "
        "compute every ratio has as many steps as cost what the recipe costs at ratio 1/2. Test "
        f"ratio {PRIMARY}."
    )
    for cell in others:
        key = (cell.dataset, cell.model, cell.width, cell.n)
        same = next(c for c in cells if (c.dataset, c.model, c.width, c.n) == key)
        rows = []
        for ratio in cell.ratios:
            entries = cell.rows(PRIMARY, ratio)
            seconds = float(np.mean([e["seconds"] for e in entries]))
            pair = [
                _mean(c.risks(PRIMARY, [ratio])[:, 0]) if ratio in c.ratios else ""
                for c in (same, cell)
            ]
            rows.append([ratio, *pair, str(entries[0]["steps"]), f"{seconds:.1f}"])
        yield f"**{_name(cell)}, width {cell.width}, n = {cell.n}**"
        yield table(
            ["mask ratio", "equal steps", "equal compute", "its steps", "its seconds"], rows
        )
        yield _winners({"steps": same, "compute": cell})


def _winners(pair: Mapping[str, Cell]) -> str:
    said = []
    for equal, cell in pair.items():
        if not cell.seeds or not cell.fixed:
            continue
        risks = cell.risks(PRIMARY, cell.fixed).mean(axis=0)
        text = f"At equal {equal} {cell.fixed[int(risks.argmin())]} is the best fixed ratio"
        for law in cell.random:
            regret = float(cell.risks(PRIMARY, [law]).mean() / risks.min() - 1)
            text += f", and {law} is {regret:+.1%} from it"
        said.append(text + ".")
    return " ".join(said)


def _components(parts: Sequence[Row], cells: Sequence[Cell]) -> Iterator[str]:
    if not parts:
        return
    yield "## What is learned at which scale"
    yield (
        "Risk along principal components, largest variance first (measured / theory's unlearned "
        "share), at the middle size, for the lowest, a middle and the highest fixed ratio."
    )
    for name, cell in _middles(cells).items():
        if not cell.fixed:
            continue
        rows = []
        chosen = dict.fromkeys(cell.fixed[i] for i in (0, len(cell.fixed) // 2, -1))
        for ratio in chosen:
            own = [
                p for p in parts
                if (p["dataset"], p["model"], p["width"], p["n"], p["ratio"])
                == (cell.dataset, cell.model, cell.width, cell.n, ratio)
            ]  # fmt: skip
            header = [f"{p['first']} to {p['last']}" for p in own]
            if own:
                rows.append([ratio, *(f"{p['risk']:.2f} / {p['unlearned']:.2f}" for p in own)])
        if rows:
            yield f"**{name}**"
            yield table(["mask ratio", *header], rows)


def _costs(cells: Sequence[Cell]) -> Iterator[str]:
    yield "Middle size, equal steps, means over seeds. The probe is the accuracy of a linear one."
    rows = []
    for name, cell in _middles(cells).items():
        for ratio in cell.ratios:
            entries = cell.rows(PRIMARY, ratio)
            probes = [e["probe"] for e in entries if e["probe"] is not None]
            rows.append([
                name,
                ratio,
                f"{np.mean(probes):.3f}" if probes else "",
                f"{np.mean([e['seconds'] for e in entries]):.2f}",
                f"{np.mean([e['tokens'] for e in entries]):.0f}",
            ])  # fmt: skip
    yield table(["", "mask ratio", "probe", "seconds", "tokens seen"], rows)


def _steps(trials: Mapping[str, Sequence[Sequence[float]]]) -> Iterator[str]:
    """Tell how many steps each size was trained for, where they were chosen by a rule."""
    if not trials:
        return
    yield "## How long models were trained"
    yield (
        f"Steps were doubled, at ratio {RATIO}, until the loss over the last tenth of them ended "
        f"less than {FALLING:.0%} below that of half as many, or the most allowed were reached: "
        "then it was still falling. The last number was used for all ratios and seeds."
    )
    rows = []
    for size, tried in trials.items():
        flat = len(tried) > 1 and tried[-1][1] > (1 - FALLING) * tried[-2][1]
        losses = ", ".join(f"{steps:.0f}: {loss:.3f}" for steps, loss in tried)
        rows.append([size, f"{tried[-1][0]:.0f}", losses, "yes" if flat else "no"])
    yield table(["", "steps", "loss after so many", "stopped falling"], rows)


def _bridge(rows: Sequence[Row]) -> Iterator[str]:
    if not rows:
        return
    agree, wrong = (sum(row[name] for row in rows) for name in ("agrees", "wrong_agrees"))
    yield "## The bridge: a linear model trained to the end"
    yield (
        "Gaussian rows with the spectrum of the data, gradient descent from zero until the "
        "gradient vanishes. Theory agrees when it is within the tolerance, which is the "
        "finite-size term (the difference from half the dimension) and two standard errors of "
        "both sizes: "
        f"**{agree} of {len(rows)}** "
        f"rows. The formula of the other scheme, which is wrong: {wrong} of {len(rows)}."
    )
    names = ("theory", "trained", "standard_error", "finite_size", "tolerance", "wrong_formula")
    yield table(
        ["scheme", "d/n", "mask ratio", *(n.replace("_", " ") for n in names), "agrees"],
        [
            [r["scheme"], f"{r['aspect_ratio']:g}", r["ratio"], *(f"{r[n]:.4g}" for n in names),
             "yes" if r["agrees"] else "NO"]
            for r in rows
        ],
    )  # fmt: skip


def _notes(notes: Mapping[str, Sequence[str]]) -> Iterator[str]:
    said = [f"{Path(name).stem}: {line}" for name, lines in notes.items() for line in lines]
    if said:
        yield "On how the data meets them:"
        yield _list(said)


def _made(provenance: Mapping[str, Any]) -> str:
    names = ("command", "ridgeless", "commit", "python", "platform", "finished")
    return _list([f"{name}: {provenance[name]}" for name in names if name in provenance])

"""The report of an experiment: report.json, report.md and figures.

Everything in report.md and in the figures can be computed again from report.json. All files are
replaced when they are whole, and runs.jsonl is only read: a report that fails loses nothing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ridgeless import DomainError
from ridgeless.cli.files import write_text
from validation.named_ratio import in_order, named_ratio
from validation.prediction import ASSUMPTIONS, GRID, Theory, theory_of
from validation.report.comparison import Row
from validation.report.policies import regrets
from validation.report.theories import beside
from validation.report.verdicts import verdicts
from validation.results import flaw

__all__ = ["build", "follows", "recomputed", "settings_of", "write"]

DIGITS = 6
MODELS = ("linear", "mlp", "cnn", "transformer")
#: Ratios at which report.json keeps the theory's curve.
CURVE = GRID[3::4]
#: What report.json has of a result, in this order.
SHARED = ("dataset", "model", "width", "n", "ratio", "seed", "equal", "steps")
COSTS = ("probe", "seconds", "tokens")


def write(
    folder: Path,
    results: Sequence[Row],
    bridge: Sequence[Row],
    settings: Mapping[str, Any],
    provenance: Mapping[str, Any],
    theories: Sequence[Row] = (),
) -> None:
    """Write report.json, report.md and figures to a folder.

    Parameters
    ----------
    results : lines of runs.jsonl
        In any order; of runs with the same id the first counts.
    bridge : rows of `validation.bridge`
    settings, provenance : JSON-able mappings
    theories : lines of theories.jsonl, if there are any

    Raises
    ------
    DomainError
        If there is no result, or one lacks a field, or a data set is not installed.
    """
    from validation.report.figures import draw
    from validation.report.summary import summary

    report = build(results, bridge, settings, provenance, theories)
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / "report.json", "".join(_lines(report)))
    figures = draw(report, folder)
    write_text(folder / "report.md", summary(report, figures))


def build(
    results: Sequence[Row],
    bridge: Sequence[Row],
    settings: Mapping[str, Any],
    provenance: Mapping[str, Any],
    theories: Sequence[Row] = (),
) -> dict[str, Any]:
    """Return the content of report.json."""
    from validation.datasets import load

    ordered = sorted(_checked(results), key=_place)
    estimated = {
        name: theory_of(load(name))
        for name in sorted({r["dataset"] for r in ordered if _has_theory(r)})
    }
    report = {
        "provenance": dict(provenance) | {"training_seconds": sum(r["seconds"] for r in ordered)},
        "settings": dict(settings),
        "runs": [row for result in ordered for row in _long(result, estimated)],
        "bridge": list(bridge),
        "components": _components(ordered, estimated),
        "theory": _theory(ordered, estimated),
        "theories": list(theories),
    }
    report = {name: _rounded(part) for name, part in report.items()}
    # From rounded figures, so that whoever reads the file gets the same.
    return report | follows(report)


def settings_of(results: Sequence[Row]) -> dict[str, Any]:
    """Return what was varied in some results."""
    names = {"data": "dataset", "models": "model", "widths": "width", "samples": "n"}
    found: dict[str, Any] = {
        many: sorted({result[one] for result in _checked(results)}) for many, one in names.items()
    }
    ratios = in_order(result["ratio"] for result in results)
    seeds = {result["seed"] for result in results}
    return found | {"ratios": ratios, "seeds": sorted(seeds)}


def recomputed(report: Mapping[str, Any]) -> list[Row]:
    """Return the verdicts that follow from the runs and the theory of a report."""
    return list(_rounded(verdicts(report["runs"], report["theory"]["best"])))


def follows(report: Mapping[str, Any]) -> dict[str, list[Row]]:
    """Return all parts of a report that follow from its others: verdicts, beside, regrets."""
    runs, theories = report["runs"], report["theories"]
    return {
        "verdicts": recomputed(report),
        "beside": list(_rounded(beside(theories))),
        "regrets": list(_rounded(regrets(runs, theories))),
    }


def _checked(results: Sequence[Row]) -> list[Row]:
    """Return whole results, one per id."""
    if not results:
        raise DomainError("results must hold a finished run, got none")
    found: dict[str, Row] = {}
    for number, result in enumerate(results, start=1):
        name = flaw(result)
        if name is not None and name not in result:
            raise DomainError(f"result {number} must have {name!r}, but has not")
        if name is not None:
            raise DomainError(f"result {number} must have another {name!r} than {result[name]!r}")
        risks = result["risks"].values()
        if not all(math.isfinite(risk) and risk > 0 for risk in risks):
            raise DomainError(
                f"risks must be positive and finite, got {dict(result['risks'])} in result {number}"
            )
        found.setdefault(result["id"], result)
    first = next(iter(found.values()))
    for result in found.values():
        if list(result["risks"]) != list(first["risks"]):
            raise DomainError(
                f"results must share their test ratios, got {', '.join(first['risks'])} and "
                f"{', '.join(result['risks'])}"
            )
    return list(found.values())


def _place(result: Row) -> tuple[Any, ...]:
    """Sort results: files do not depend on which run was done first."""
    model = MODELS.index(result["model"]) if result["model"] in MODELS else len(MODELS)
    size = (-result["n"], result["width"], result["equal"] != "steps")
    return result["dataset"], model, *size, named_ratio(result["ratio"]).order, result["seed"]


def _has_theory(result: Row) -> bool:
    """Return whether tokens were hidden one by one and filled with zeros, as the theory has it."""
    return bool(result["block"] == 1 and result.get("fill", "zero") == "zero")


def _long(result: Row, theories: Mapping[str, Theory]) -> Iterator[Row]:
    """Yield one row per test ratio, with the theory's prediction beside."""
    for test, risk in result["risks"].items():
        row = {name: result[name] for name in SHARED} | {"test_ratio": test, "reconstruction": risk}
        row |= {target: risks[test] for target, risks in result["targets"].items()}
        if _has_theory(result):
            law = named_ratio(result["ratio"]).law
            theory = theories[result["dataset"]]
            row["theory"] = float(theory.risk(law, result["n"], test))
        if result["cross_entropy"]:
            row["cross_entropy"] = result["cross_entropy"][test]
        yield row | {name: result[name] for name in COSTS}


def _groups(results: Sequence[Row], *names: str) -> dict[tuple[Any, ...], list[Row]]:
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for result in results:
        groups.setdefault(tuple(result[name] for name in names), []).append(result)
    return groups


def _components(results: Sequence[Row], theories: Mapping[str, Theory]) -> list[Row]:
    """Return risks along principal components, averaged over seeds, and what theory learns of them.

    Seeing half of the tokens, a mean predictor that learns a fraction b of the signal at some
    eigenvalue leaves (1 - b/2)^2 of its variance.
    """
    names = ("dataset", "model", "width", "n", "ratio")
    rows = []
    whole = [r for r in results if r["components"] and r["equal"] == "steps" and _has_theory(r)]
    for key, group in _groups(whole, *names).items():
        about = dict(zip(names, key, strict=True))
        parts = [(part["first"], part["last"]) for part in group[0]["components"]]
        law = named_ratio(about["ratio"]).law
        learned = theories[about["dataset"]].learned(law, about["n"], parts)
        table = np.array([[part["risk"] for part in r["components"]] for r in group])
        for (first, last), risks, share in zip(parts, table.T, learned, strict=True):
            row = {"first": first, "last": last, "risk": risks.mean()}
            row |= {"learned": share, "unlearned": (1 - share / 2) ** 2}
            rows.append(about | row | {"seeds": len(group)})
    return rows


def _theory(results: Sequence[Row], theories: Mapping[str, Theory]) -> dict[str, Any]:
    """Return curves and best ratios of every data set and number of samples."""
    tests = list(results[0]["risks"])
    best, curves = [], []
    for dataset, n in _groups([r for r in results if _has_theory(r)], "dataset", "n"):
        theory = theories[dataset]
        for test in tests:
            about = {"dataset": dataset, "n": n, "test_ratio": test}
            curves.append(about | {"risk": theory.risk(CURVE, n, test).tolist()})
            for target in theory.tasks:
                ratio, risk = theory.best(n, test, target)
                best.append(about | {"target": target, "best_ratio": ratio, "risk": risk})
    return {
        "assumptions": list(ASSUMPTIONS),
        "notes": {name: list(theory.notes) for name, theory in theories.items()},
        "ratios": CURVE.tolist(),
        "curves": curves,
        "best": best,
    }


def _rounded(value: Any) -> Any:
    """Return JSON-able values with six significant digits."""
    if isinstance(value, Mapping):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    if isinstance(value, float | np.floating):
        return float(f"{value:.{DIGITS}g}")
    return value


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield JSON with one row of a table per line, so that versions can be compared."""
    yield "{\n"
    for number, (name, part) in enumerate(report.items()):
        if isinstance(part, list) and part:
            rows = ",\n".join(_json(row) for row in part)
            text = f"[\n{rows}\n]"
        else:
            text = _json(part, indent=1)
        yield f"{json.dumps(name)}: {text}{',' if number < len(report) - 1 else ''}\n"
    yield "}\n"


def _json(value: Any, indent: int | None = None) -> str:
    separators = (",", ":") if indent is None else None
    return json.dumps(value, indent=indent, separators=separators, allow_nan=False)

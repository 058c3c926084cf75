"""The table of a sweep: theory beside Monte Carlo, cell by cell."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ridgeless import LinearTarget, Risk
from ridgeless.cli.files import replacing
from simulations.collection.statistics import RiskEstimate
from simulations.collection.store import SHOWN
from simulations.sweep.settings import Cell

__all__ = ["Row", "aligned", "render", "summarize", "write_csv"]

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Line = TypeVar("Line", bound="DataclassInstance")


@dataclass(frozen=True)
class Row:
    """One cell: the columns of summary.csv, in order."""

    spectrum: str
    mask_ratio: str
    aspect_ratio: float
    theory: float
    monte_carlo: float
    standard_error: float
    z: float  #: (monte_carlo - theory) / standard_error
    trials: int
    relative_difference: float  #: monte_carlo / theory - 1
    null: float  #: risk of predicting 0
    dimension: int
    samples: int
    design: str
    target: str
    snr: float  #: null / noise
    ridge: float
    test_mask_ratio: float
    cell: str  #: the id, in as many digits as the store shows
    theory_rows: float | None = None  #: of distinct real rows: by the rows themselves

    @classmethod
    def of(
        cls, cell: Cell, theory: Risk, estimate: RiskEstimate, theory_rows: float | None = None
    ) -> Row:
        """Compare an estimate with the theory."""
        problem, total = cell.problem, float(theory.total)
        target = problem.readout.target
        if total > 0:
            relative = estimate.mean / total - 1
        else:
            relative = 0.0 if estimate.z(total) == 0 else float("inf")
        return cls(
            cell.spectrum,
            cell.mask_ratio,
            cell.aspect_ratio,
            theory=total,
            monte_carlo=estimate.mean,
            standard_error=estimate.standard_error,
            z=estimate.z(total),
            trials=estimate.trials,
            relative_difference=relative,
            null=float(theory.null),
            dimension=problem.sampling.dimension,
            samples=problem.sampling.samples,
            design=problem.sampling.design.label,
            target="linear" if isinstance(target, LinearTarget) else "masked_feature",
            snr=float(theory.null / theory.noise) if theory.noise else float("inf"),
            ridge=problem.readout.ridge,
            test_mask_ratio=problem.readout.test_mask_ratio,
            cell=problem.id[:SHOWN],
            theory_rows=theory_rows,
        )


def write_csv(kind: type[Line], rows: Sequence[Line], path: Path) -> None:
    """Write rows of a kind of dataclass, ten digits each, in one step."""
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(field.name for field in fields(kind))
        for row in rows:
            writer.writerow(f"{v:.10g}" if isinstance(v, float) else v for v in astuple(row))


def render(rows: Sequence[Row]) -> str:
    """Return the rows as aligned text."""
    names = names_of(rows)
    real = any(row.theory_rows is not None for row in rows)
    beside = ["of rows"] if real else []
    lines: list[Sequence[str]] = [
        (*names.values(), "theory", *beside, "Monte Carlo", "z", "difference"),
    ]
    for row in rows:
        error = f"{row.monte_carlo:.4g} ± {row.standard_error:.2g}"
        difference = f"{row.relative_difference:+.1%}"
        beside = [_shown(row.theory_rows)] if real else []
        theory = [f"{row.theory:.4g}", *beside]
        lines.append((*named(row, names), *theory, error, f"{row.z:+.1f}", difference))
    return aligned(lines, 2)


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def names_of(rows: Sequence[Any]) -> dict[str, str]:
    """Return the columns that tell rows of a table apart, with their headings."""
    always = {"spectrum": "spectrum", "mask_ratio": "mask ratio", "aspect_ratio": "d/n"}
    varying = {
        "design": "rows",
        "dimension": "d",
        "snr": "snr",
        "ridge": "ridge",
        "test_mask_ratio": "test ratio",
    }
    told = {name: {getattr(row, name) for row in rows} for name in varying}
    # That of a masked feature is no setting, but what the spectrum makes of it.
    told["snr"] = {f"{row.snr:.9g}" for row in rows if row.target == "linear"}
    return always | {name: words for name, words in varying.items() if len(told[name]) > 1}


def named(row: Any, names: Iterable[str]) -> list[str]:
    """Return what tells a row apart."""
    values = [getattr(row, name) for name in names]
    return [value if isinstance(value, str) else f"{value:.4g}" for value in values]


def aligned(lines: Sequence[Sequence[str]], words: int) -> str:
    """Return a header and lines in columns, of which the first `words` are flush left."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = []
    for line in lines:
        left = [cell.ljust(width) for cell, width in zip(line[:words], widths[:words], strict=True)]
        right = [
            cell.rjust(width) for cell, width in zip(line[words:], widths[words:], strict=True)
        ]
        text.append("  ".join(left + right))
    text.insert(1, "-" * len(text[0]))
    return "\n".join(text)


def summarize(rows: Sequence[Row], patch: int = 1, knows_groups: bool = False) -> str:
    """Return one sentence per kind of data on how far theory and simulation are apart."""
    sentences = []
    for design in dict.fromkeys(row.design for row in rows):
        what = f"{design} rows"
        if design == "gaussian":
            what += ", where theory is exact as d grows" if patch == 1 else ""
        elif design.startswith("rows of"):
            what = f"real {design}, whose distribution theory knows only by its spectrum"
        cells = [row for row in rows if row.design == design]
        gaps = sorted(abs(row.relative_difference) for row in cells)
        within = sum(abs(row.z) <= 2 for row in cells)
        worst = max(cells, key=lambda row: abs(row.relative_difference))
        sizes = sorted({row.dimension for row in cells})
        sentences.append(
            f"{what} (d = {', '.join(map(str, sizes))}): {within} of {len(cells)} cells within 2 "
            f"standard errors; median difference {gaps[len(gaps) // 2]:.1%}, largest "
            f"{gaps[-1]:.1%} ({worst.spectrum}, mask ratio {worst.mask_ratio}, "
            f"d/n = {worst.aspect_ratio:g})."
        )
        known = [(row.theory_rows, row.monte_carlo) for row in cells if row.theory_rows is not None]
        if known:
            off = sorted(abs(risk / theory - 1) for theory, risk in known)
            sentences.append(
                f"theory of the rows themselves (ridgeless.rows_risk): median difference "
                f"{off[len(off) // 2]:.1%}, largest {off[-1]:.1%}."
            )
    if patch > 1 and not knows_groups:
        sentences.append(
            "theory takes features as masked one by one, the simulation masks them in patches; "
            "ridgeless.covariance_risk knows groups of features."
        )
    return "\n".join(sentence[0].upper() + sentence[1:] for sentence in sentences)

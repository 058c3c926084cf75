"""Quick answers in a terminal: python -m ridgeless {risk,curve,recommend,explore}."""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

import ridgeless as rl
from ridgeless import names
from ridgeless.cli import tables
from ridgeless.cli.files import write_text

EXAMPLES = """examples:
  python -m ridgeless risk --mask-ratio 0.15 --aspect-ratio 2
  python -m ridgeless curve --spectrum ar1:0.9 --dimension 500 --masks-per-sample inf
  python -m ridgeless curve --target linear --snr 4 --alignment 1 --output results/curve
  python -m ridgeless recommend data.csv --json
  python -m ridgeless recommend pixels.npy --groups patches.txt --epochs 4
  python -m ridgeless explore
"""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        raise rl.DomainError(message)


class _Help(argparse.RawDescriptionHelpFormatter):
    """Shows defaults that are numbers or words."""

    def _get_help_string(self, action: argparse.Action) -> str:
        shown = isinstance(action.default, (int, float, str)) and action.nargs != 0
        default = f" (default: {action.default})" if shown else ""
        return f"{action.help or ''}{default}".replace("%", "%%")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code: 0, 2 for a user's mistake, 130 for Ctrl-C."""
    try:
        chosen = _parser().parse_args(arguments)
        chosen.run(chosen)
    except (rl.DomainError, NotImplementedError, rl.ConvergenceError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"error: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    options: dict[str, Any] = {
        "formatter_class": _Help,
        "epilog": EXAMPLES,
    }
    parser = _Parser(prog="python -m ridgeless", description=__doc__, **options)
    commands = parser.add_subparsers(required=True, metavar="{risk,curve,recommend,explore}")

    risk = commands.add_parser("risk", help="the risk at one mask ratio", **options)
    risk.add_argument("--mask-ratio", default="0.5", help="0.5, or uniform:0.1:0.9 (R2MAE), "
                      "linear:0.3:0.15, cosine:0.3:0.15")  # fmt: skip
    curve = commands.add_parser("curve", help="the risk against the mask ratio", **options)
    curve.add_argument("--mask-ratios", nargs="+", type=float, metavar="P",
                       default=np.linspace(0.05, 0.95, 19).round(2).tolist())  # fmt: skip
    for command in (risk, curve):
        _add_problem(command)
    _add_training(risk, aspect_ratio=2.0, masks="1")
    _add_training(curve, aspect_ratio=2.0, masks="1")
    risk.set_defaults(run=_risk)
    curve.set_defaults(run=_curve)

    recommend = commands.add_parser("recommend", help="a mask ratio for a data file", **options)
    recommend.add_argument("data", help="rows are samples: .npy, or .csv with or without a header")
    recommend.add_argument("--target", metavar="COLUMN",
                           help="predict this column, by its number (from 0) or its name in the "
                           "header, instead of masked ones")  # fmt: skip
    recommend.add_argument("--groups", metavar="GROUPS",
                           help="features masked together: a width of neighbouring columns, "
                           "labels as a,a,b, or a file of labels")  # fmt: skip
    recommend.add_argument("--confidence", type=float, default=0.9,
                           help="coverage that the interval aims at")  # fmt: skip
    recommend.add_argument("--replicates", type=int, default=40, help="bootstrap replicates")
    recommend.add_argument("--rng", type=int, default=0, help="seed of the bootstrap")
    _add_training(recommend, aspect_ratio=None, masks="inf")
    recommend.set_defaults(run=_recommend)

    explore = commands.add_parser("explore", help="sliders and curves in a browser", **options)
    explore.add_argument("--output", metavar="DIR", help="only write explorer.html there")
    explore.set_defaults(run=_explore)
    for command in (curve, recommend):
        command.add_argument("--plot", metavar="FILE", help="draw the curve, e.g. curve.png")
        command.add_argument("--output", metavar="DIR", help="write curve.csv and curve.json there")
    return parser


def _add_problem(parser: argparse.ArgumentParser) -> None:
    spectra = ", ".join(f"{name}:{default:g}" for name, (default, _) in names.SPECTRA.items())
    parser.add_argument("--spectrum", default="power_law:1", help=f"one of {spectra}")
    parser.add_argument("--dimension", type=int, default=1000, help="number of eigenvalues")
    parser.add_argument("--eigenvalues", metavar="FILE", help="take them from a .npy or text file")
    parser.add_argument("--target", choices=["masked_feature", "linear"], default="masked_feature",
                        help="predict masked features, or a downstream linear task")  # fmt: skip
    parser.add_argument("--snr", type=float, default=1.0, help="of the linear target")
    parser.add_argument("--alignment", type=float, default=0.0,
                        help="of the linear target: beta^2 ~ s^alignment")  # fmt: skip
    parser.add_argument("--rows", choices=["masked", "all"], help="default: as the target says")


def _add_training(parser: argparse.ArgumentParser, aspect_ratio: float | None, masks: str) -> None:
    parser.add_argument("--aspect-ratio", type=float, default=aspect_ratio,
                        help="features per sample"
                        + ("" if aspect_ratio else "; by default those of the data"))  # fmt: skip
    parser.add_argument("--masks-per-sample", "--epochs", type=float, default=masks,
                        help="epochs with fresh masks: 1, 2, ... or inf")  # fmt: skip
    parser.add_argument("--ridge", type=float, default=0.0, help="penalty per row; 0 is min-norm")
    parser.add_argument("--test-mask-ratio", type=float, default=0.0,
                        help="share of features hidden from test inputs")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="machine-readable")


# --- the commands -------------------------------------------------------------------------------


def _risk(chosen: argparse.Namespace) -> None:
    problem = _problem(chosen)
    found = rl.risk(mask_ratio=names.mask_ratio(chosen.mask_ratio), **problem)
    parts = {name: float(getattr(found, name)) for name in _PARTS}
    if chosen.json:
        print(_json(chosen, parts))
        return
    for name, value in parts.items():
        print(f"{name.replace('_', ' '):18} {value:.6g}")


def _curve(chosen: argparse.Namespace) -> None:
    problem = _problem(chosen)
    found = rl.risk(mask_ratio=np.array(chosen.mask_ratios), **problem)
    best = rl.optimal_mask_ratio(**problem)
    columns = _columns(np.array(chosen.mask_ratios), found)
    summary = {
        "optimal_mask_ratio": best.mask_ratio,
        "optimal_risk": best.risk,
        "within_10_percent": [best.low, best.high],
    }
    said = [
        f"best mask ratio {best.mask_ratio:.3f}, risk {best.risk:.4g}; within 10% of it from "
        f"{best.low:.3f} to {best.high:.3f}"
    ]
    if best.mask_ratio == 1:
        said.append("a mask ratio of 1 means that predicting 0 is best: nothing can be learnt")
    _report(chosen, columns, summary, said, "total", "risk")


def _recommend(chosen: argparse.Namespace) -> None:
    header, table = tables.table(chosen.data)
    advice = rl.recommend(
        table,
        target_column=tables.column(chosen.target, header),
        groups=tables.groups(chosen.groups),
        aspect_ratio=chosen.aspect_ratio,
        masks_per_sample=chosen.masks_per_sample,
        ridge=chosen.ridge,
        test_mask_ratio=chosen.test_mask_ratio,
        confidence=chosen.confidence,
        replicates=chosen.replicates,
        rng=chosen.rng,
    )
    one = advice.one_mask
    summary = {
        "mask_ratio": advice.mask_ratio,
        "within_10_percent": [advice.low, advice.high],
        "interval": list(advice.interval),
        "one_mask_per_sample": {"mask_ratio": one.mask_ratio, "risk": one.risk},
        "aspect_ratio": advice.aspect_ratio,
        "eigenvalues": advice.spectrum.eigenvalues.tolist(),
        "weights": advice.spectrum.weights.tolist(),
        "diagnostics": list(advice.diagnostics),
    }
    low, high = advice.interval
    said = [
        f"mask ratio {advice.mask_ratio:.3f} ({chosen.confidence:.0%} interval from the estimated "
        f"spectrum: {low:.3f} to {high:.3f})",
        f"risk within 10% of its best from {advice.low:.3f} to {advice.high:.3f}"
        + (": a reasonable range for a random ratio (R2MAE)" if 0.01 < advice.high < 1 else ""),
        f"with one mask per sample: {one.mask_ratio:.3f}, risk {one.risk:.4g}; the peak where rows "
        "are as many as features is what fresh masks every epoch dodge",
        *(f"careful: {sentence}" for sentence in advice.diagnostics),
    ]
    columns = _columns(advice.curve_ratios, advice.risk)
    _report(chosen, columns, summary, said, "prediction_error", "prediction error")


def _explore(chosen: argparse.Namespace) -> None:
    from ridgeless import explorer

    page = explorer.write(Path(chosen.output or tempfile.mkdtemp(prefix="ridgeless-")))
    print(page)
    if not chosen.output and not webbrowser.open(page.resolve().as_uri()):
        print("no browser was found; open this file in one")


_PARTS = (
    "total", "bias", "design_variance", "noise_variance", "prediction_error", "null", "noise",
)  # fmt: skip


def _problem(chosen: argparse.Namespace) -> dict[str, Any]:
    spectrum = names.spectrum(chosen.spectrum, chosen.dimension)
    if chosen.eigenvalues:
        spectrum = rl.Spectrum(np.ravel(tables.table(chosen.eigenvalues)[1]))
    target: Any = rl.MaskedFeature()
    if chosen.target == "linear":
        target = rl.LinearTarget(snr=chosen.snr, alignment=chosen.alignment)
    return {
        "spectrum": spectrum,
        "target": target,
        "aspect_ratio": chosen.aspect_ratio,
        "ridge": chosen.ridge,
        "rows": chosen.rows,
        "masks_per_sample": chosen.masks_per_sample,
        "test_mask_ratio": chosen.test_mask_ratio,
    }


def _columns(ratios: NDArray[np.float64], found: rl.Risk) -> dict[str, list[float]]:
    table = {"mask_ratio": ratios.tolist()}
    return table | {name: np.asarray(getattr(found, name)).tolist() for name in _PARTS}


def _report(
    chosen: argparse.Namespace,
    columns: dict[str, list[float]],
    summary: dict[str, Any],
    said: list[str],
    shown: str,
    label: str,
) -> None:
    """Print the curve as JSON or as bars, and write what was asked for."""
    text = _json(chosen, summary | {"curve": columns})
    if chosen.json:
        print(text)
    else:
        print(f"{'mask ratio':>10}  {label}")
        ratios, values = columns["mask_ratio"], columns[shown]
        finite = [value for value in values if math.isfinite(value)]
        top = 4 * min(finite) if finite and min(finite) > 0 else 1.0
        for ratio, value in zip(ratios, values, strict=True):
            bar = "#" * min(40, round(40 * min(value, top) / top))
            print(f"{ratio:10.2f}  {value:<10.4g} {bar}{'>' if value > top else ''}")
        print(*said, sep="\n")
    if chosen.output:
        folder = Path(chosen.output)
        folder.mkdir(parents=True, exist_ok=True)
        rows = [",".join(columns)] + [
            ",".join(repr(value) for value in row) for row in zip(*columns.values(), strict=True)
        ]
        write_text(folder / "curve.csv", "\n".join(rows) + "\n")
        write_text(folder / "curve.json", text + "\n")
    if chosen.plot:
        best = summary.get("mask_ratio", summary.get("optimal_mask_ratio"))
        marks = (best, *summary["within_10_percent"])
        _plot(chosen.plot, columns["mask_ratio"], columns[shown], label, marks)


def _json(chosen: argparse.Namespace, content: dict[str, Any]) -> str:
    settings = {k: v for k, v in vars(chosen).items() if k != "run"}
    return json.dumps(
        _finite(content | {"settings": settings, "version": rl.__version__}), indent=1
    )


def _finite(value: Any) -> Any:
    """Replace infinities, which JSON cannot hold, by the text "inf"."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return "inf" if isinstance(value, float) and math.isinf(value) else value


def _plot(
    path: str,
    ratios: list[float],
    values: list[float],
    label: str,
    marks: tuple[float, float, float],
) -> None:
    """Draw the curve, the best ratio and the range around it."""
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise rl.DomainError("--plot needs matplotlib: pip install matplotlib") from None
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    drawn = np.where(np.isfinite(values), values, np.nan)
    axes.plot(ratios, drawn, color="#0072B2", lw=2)
    best, low, high = marks
    axes.axvspan(low, high, color="#009E73", alpha=0.15, lw=0, label="risk within 10% of the best")
    axes.axvline(best, color="#009E73", label=f"best mask ratio {best:.3f}")
    axes.legend(frameon=False)
    if np.isnan(drawn).all():
        raise rl.DomainError("--plot needs a finite risk at some mask ratio, got none")
    floor = float(np.nanmin(drawn))
    axes.set(xlabel="mask ratio  $p$", ylabel=label, xlim=(0, 1), ylim=(0, 6 * floor or 1))
    axes.grid(alpha=0.3)
    try:
        figure.savefig(path, dpi=150)
    except ValueError as error:
        raise rl.DomainError(f"--plot: {error}") from None


if __name__ == "__main__":
    sys.exit(main())

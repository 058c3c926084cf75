"""The words of the command line."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

import numpy as np

from ridgeless import names
from ridgeless.cli import commands, predict
from ridgeless.cli.tables import add_options
from ridgeless.errors import DomainError

__all__ = ["parser"]

DESCRIPTION = (
    "Quick answers in a terminal: python -m ridgeless {risk,curve,recommend,predict,pilot,explore}."
)

EXAMPLES = """examples:
  python -m ridgeless risk --mask-ratio 0.15 --aspect-ratio 2
  python -m ridgeless curve --spectrum ar1:0.9 --dimension 500 --masks-per-sample inf
  python -m ridgeless curve --target linear --snr 4 --alignment 1 --output results/curve
  python -m ridgeless recommend data.csv --json
  python -m ridgeless recommend pixels.npy --groups patches.txt --epochs 4
  python -m ridgeless predict data.csv --target gene3 --samples 100 400 --plot curve.png
  python -m ridgeless pilot runs.csv --data data.csv --test-ratio 0.5
  python -m ridgeless explore
"""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        raise DomainError(message)


class _Help(argparse.RawDescriptionHelpFormatter):
    """Shows defaults that are numbers or words."""

    def _get_help_string(self, action: argparse.Action) -> str:
        shown = isinstance(action.default, (int, float, str)) and action.nargs != 0
        default = f" (default: {action.default})" if shown else ""
        return f"{action.help or ''}{default}".replace("%", "%%")


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; `run` of what it parses is the command."""
    options: dict[str, Any] = {
        "formatter_class": _Help,
        "epilog": EXAMPLES,
    }
    whole = _Parser(prog="python -m ridgeless", description=DESCRIPTION, **options)
    subparsers = whole.add_subparsers(
        required=True, metavar="{risk,curve,recommend,predict,pilot,explore}"
    )

    risk = subparsers.add_parser("risk", help="the risk at one mask ratio", **options)
    risk.add_argument("--mask-ratio", default="0.5", help="0.5, or uniform:0.1:0.9 (R2MAE), "
                      "linear:0.3:0.15, cosine:0.3:0.15")  # fmt: skip
    curve = subparsers.add_parser("curve", help="the risk against the mask ratio", **options)
    curve.add_argument("--mask-ratios", nargs="+", type=float, metavar="P",
                       default=np.linspace(0.05, 0.95, 19).round(2).tolist())  # fmt: skip
    for command in (risk, curve):
        _add_problem(command)
    _add_training(risk, aspect_ratio=2.0, masks="1")
    _add_training(curve, aspect_ratio=2.0, masks="1")
    risk.set_defaults(run=commands.risk)
    curve.set_defaults(run=commands.curve)

    recommend = subparsers.add_parser("recommend", help="a mask ratio for a data file", **options)
    recommend.add_argument("data", help="a table, rows are samples: .csv, .tsv, .npy, ...")
    recommend.add_argument("--target", metavar="COLUMN",
                           help="predict this column, by its number (from 0) or its name in the "
                           "header, instead of masked ones")  # fmt: skip
    recommend.add_argument("--task", choices=["reconstruct", "probe"], default="reconstruct",
                           help="what pretraining is for: to fill in what is hidden, or a probe "
                           "on labels")  # fmt: skip
    recommend.add_argument("--labels", metavar="FILE",
                           help="with --task probe: a label per row, numbers or text; or give "
                           "--target, a column of the table")  # fmt: skip
    recommend.add_argument("--label-column", metavar="COLUMN",
                           help="which column of --labels, by its name or number")  # fmt: skip
    recommend.add_argument("--loss", choices=["all", "masked"], default="all",
                           help="with --task probe: what pretraining predicts, all features or "
                           "hidden ones only (MAE)")  # fmt: skip
    recommend.add_argument("--groups", metavar="GROUPS",
                           help="features masked together: a width of neighbouring columns, "
                           "labels as a,a,b, or a file of labels")  # fmt: skip
    recommend.add_argument("--confidence", type=float, default=0.9,
                           help="coverage that the interval aims at")  # fmt: skip
    recommend.add_argument(
        "--samples", type=float, help="rows to train on; default: as in the table"
    )
    recommend.add_argument("--fill", choices=["zero", "rescale"], default="zero",
                           help="hidden values become the mean; rescale: and kept ones are divided "
                           "by 1 - p")  # fmt: skip
    recommend.add_argument("--independent-rows", action="store_true",
                           help="do not look for copies among the rows or an order")  # fmt: skip
    recommend.add_argument("--draws", type=int, default=4, help="of masks, where they are few")
    recommend.add_argument("--rng", type=int, default=0, help="seed of what is drawn")
    _add_training(recommend, aspect_ratio=None, masks="inf")
    add_options(recommend)
    recommend.set_defaults(run=commands.recommend)

    predict.add_to(subparsers.add_parser(
        "predict", help="the error on the rows of a file, whatever their law", **options
    ))  # fmt: skip
    pilot = subparsers.add_parser("pilot", help="the ratio to run next, from runs", **options)
    pilot.add_argument("runs", help="a table of runs: ratio, value and perhaps seed")
    pilot.add_argument("--higher-is-better", action="store_true", help="values are scores")
    pilot.add_argument("--tolerance", type=float, default=0.02,
                       help="loss above the best that is as good")  # fmt: skip
    pilot.add_argument("--candidates", nargs="+", type=float, metavar="P",
                       help="ratios that may be run")  # fmt: skip
    pilot.add_argument("--data", metavar="TABLE",
                       help="rows of the data, for a theory curve of their own; options as in "
                       "t.csv:missing=mean")  # fmt: skip
    pilot.add_argument("--test-ratio", type=float, default=0.0,
                       help="share of features hidden where the value was measured")  # fmt: skip
    pilot.add_argument("--json", action="store_true", help="machine-readable")
    pilot.set_defaults(run=commands.pilot)

    explore = subparsers.add_parser("explore", help="sliders and curves in a browser", **options)
    explore.add_argument("--output", metavar="DIR", help="only write explorer.html there")
    explore.set_defaults(run=commands.explore)
    for command in (curve, recommend):
        command.add_argument("--plot", metavar="FILE", help="draw the curve, e.g. curve.png")
        command.add_argument("--output", metavar="DIR", help="write curve.csv and curve.json there")
    return whole


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
    parser.add_argument("--fill", choices=["zero", "rescale"], default="zero",
                        help="masked entries are 0; rescale: and the others are divided by 1 - p"
                        )  # fmt: skip
    parser.add_argument("--test-fill", choices=["zero", "rescale"],
                        help="the same of test inputs; default: as --fill")  # fmt: skip
    parser.add_argument("--row-power", metavar="LAW",
                        help="samples of unequal power: student:DEGREES or lognormal:SIGMA"
                        )  # fmt: skip


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

"""`python -m validation`: train models over mask ratios, and compare with the theory."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ridgeless import DomainError
from simulations.running.command import INTERRUPTED, MISUSED, command

try:
    import tyro

    from validation.settings import PRESETS, Experiment
except ModuleNotFoundError as missing:
    if __name__ != "__main__":
        raise
    words = f"{missing.name} is not installed; pip install 'ridgeless[validation]'"
    print(f"error: {words}", file=sys.stderr)
    sys.exit(MISUSED)

if TYPE_CHECKING:
    from validation.bridge import Bridge
    from validation.theories.collect import Theorising

__all__ = ["main"]

PROG = "python -m validation"
BRIDGE = "bridge.json"

DESCRIPTION = """Train MLP, CNN, Transformer and linear models over mask ratios, and compare the
risk of what they fill in with the linear theory.

Writes runs.jsonl (one line per run, the moment it is done), report.json, report.md and figures to
the output folder. A run that was stopped, by whatever, goes on with the same command.

examples:
  all models on one image and one text set, in under three minutes
    python -m validation --quick
  one model, five ratios and R2MAE, on MNIST
    python -m validation mlp --data mnist --ratios 0.1 0.3 0.5 0.7 0.9 uniform:0.1:0.9
    --output results/mnist-mlp
  report again on all runs of a folder, finished or not
    python -m validation report results/mnist-mlp
  three theories of real rows beside the kept models of a folder, for its next report
    python -m validation theories results/mnist-mlp
  test a kept model elsewhere
    python -m validation evaluate results/mnist-mlp/models/ID.pt --test-ratios 0.2 0.8
  test a model of another library (docs/how-to/ratio-sampler.md)
    python -m validation evaluate my_models:vit_mae --data digits
  one run on two GPUs
    torchrun --nproc-per-node 2 -m validation transformer --data mnist --ratios 0.75 --seeds 1
"""


@dataclass(frozen=True)
class Reporting:
    """Settings of `report`."""

    folder: Annotated[Path, tyro.conf.Positional] = Path()
    """A folder with runs.jsonl. All its runs count, whatever commands they are from."""

    bridge: bool = False
    """Train the linear model to convergence, if the folder does not hold that yet."""


def run_experiment(settings: Experiment) -> int:
    """Train what is missing, report on all, and return the exit code."""
    from simulations.running.progress import bar
    from validation.bridge import Bridge
    from validation.experiment import experiment_runs, perform
    from validation.pretrain import choose_device, processes
    from validation.report import document as report
    from validation.results import read_results
    from validation.steps import trained_out, trials_of
    from validation.theories.collect import read_theories

    began = time.monotonic()
    runs = experiment_runs(settings)
    device = choose_device(settings.device)
    if settings.dry_run:
        print(f"{len(runs)} runs on {', '.join(settings.data)}; nothing was trained")
        return 0
    if settings.trained_out is not None:
        runs = trained_out(settings, runs)
    interrupted = False
    with processes(device) as (rank, _):
        doing = f"{', '.join(dict.fromkeys(run.model for run in runs.values()))} on {device}"
        try:
            with bar(len(runs), "run", lambda: doing, disable=rank > 0 or None) as shown:
                perform(settings, runs, shown.update)
        except KeyboardInterrupt:
            interrupted = True
        if rank > 0:
            return 0
    results = [result for result in read_results(settings.output) if result["id"] in runs]
    if interrupted or not results:
        print(
            f"interrupted: {len(results)} of {len(runs)} runs are kept in {settings.output}; "
            "the same command goes on",
            file=sys.stderr,
        )
        return INTERRUPTED
    small = settings.quick or settings.recipe.steps < 300
    chosen = Bridge(ratios=("0.5",), dimension=64, trials=2) if small else Bridge()
    bridge = _bridge(settings.output, settings.data, chosen) if settings.bridge else []
    made = _provenance(PROG, time.monotonic() - began)
    record = settings.record() | {"trials": trials_of(settings.output)}
    report.write(settings.output, results, bridge, record, made, read_theories(settings.output))
    print(f"wrote report.json, report.md and figures to {settings.output}")
    return 0


def make_report(settings: Reporting) -> int:
    """Report on what a folder holds and return the exit code."""
    from validation.bridge import Bridge
    from validation.experiment import shared_settings
    from validation.report import document as report
    from validation.results import read_results
    from validation.steps import trials_of
    from validation.theories.collect import read_theories

    began, folder = time.monotonic(), settings.folder
    results = read_results(folder)
    if not results:
        raise DomainError(f"folder must hold runs.jsonl with a finished run, got {str(folder)!r}")
    record = report.settings_of(results) | (shared_settings(folder) or {})
    bridge = _bridge(folder, record["data"], None)
    if settings.bridge and not bridge:
        bridge = _bridge(folder, record["data"], Bridge())
    made = _provenance(f"{PROG} report", time.monotonic() - began)
    record |= {"trials": trials_of(folder)}
    report.write(folder, results, bridge, record, made, read_theories(folder))
    print(f"wrote report.json, report.md and figures of {len(results)} runs to {folder}")
    return 0


def put_theories(settings: Theorising) -> int:
    """Compute what theories say of a folder's runs and return the exit code."""
    from validation.theories.collect import collect

    lines = collect(settings)
    print(f"{lines} risks are in {settings.folder}; python -m validation report shows them")
    return 0


def _provenance(command: str, seconds: float) -> dict[str, Any]:
    """Return the provenance, with the version of torch; settings stand beside it."""
    from importlib.metadata import version

    from simulations.running.provenance import provenance

    made = provenance(command, {}, seconds)
    del made["settings"]
    made["packages"] |= {"torch": version("torch")}
    return made


def _bridge(folder: Path, names: Sequence[str], settings: Bridge | None) -> list[dict[str, Any]]:
    """Return the bridge of the first data set of values, trained once per folder.

    Without settings: what the folder has of that data set, if anything.
    """
    from ridgeless.cli.files import write_text
    from validation.bridge import bridge
    from validation.datasets import load

    data = next((data for data in map(load, names) if not data.symbols), None)
    if data is None:
        return []
    path, chosen = folder / BRIDGE, settings and json.loads(json.dumps(asdict(settings)))
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):  # not there, or broken
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["data"] == data.name and chosen in (None, found["settings"]):
            return list(found["rows"])
    if settings is None:
        return []
    rows = bridge(data, settings)
    made = {"data": data.name, "settings": chosen, "rows": rows}
    write_text(path, json.dumps(made, indent=1, allow_nan=False) + "\n")
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["evaluate"]:
        from validation.evaluate import Evaluation, evaluate

        prog = "python -m validation evaluate"
        text = "Test a model that `python -m validation --keep-models` kept, or one of your own."
        return command(Evaluation, evaluate, prog, text, given[1:] or ["--help"])
    if given[:1] == ["theories"]:
        from validation.theories.collect import Theorising

        text = "Put three theories of real rows beside the kept models of a folder."
        prog = "python -m validation theories"
        return command(Theorising, put_theories, prog, text, given[1:] or ["--help"])
    if given[:1] == ["report"]:
        text = "Write report.json, report.md and figures of all runs in a folder, finished or not."
        prog = "python -m validation report"
        return command(Reporting, make_report, prog, text, given[1:] or ["--help"])
    return command(Experiment, run_experiment, PROG, DESCRIPTION, given, lambda: _preset(given))


def _preset(given: Sequence[str]) -> Experiment:
    """Return the settings that --quick, --standard or --full starts from."""
    asked = [name for name in PRESETS if f"--{name}" in given]
    if len(asked) > 1:
        raise DomainError(f"--{asked[0]} and --{asked[1]} must not be given together")
    return PRESETS[asked[0]] if asked else Experiment()


if __name__ == "__main__":
    sys.exit(main())

"""`python -m validation`: train models over mask ratios, and compare with the theory."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from ridgeless import DomainError
from ridgeless.errors import real_array, require
from simulations.command import INTERRUPTED, MISUSED, command

try:
    import tyro

    from validation.settings import PRESETS, Experiment
except ModuleNotFoundError as missing:
    if __name__ != "__main__":
        raise
    words = f"{missing.name} is not installed; pip install 'ridgeless[validation]'"
    print(f"error: {words}", file=sys.stderr)
    sys.exit(MISUSED)

__all__ = ["main"]

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
  test a kept model elsewhere
    python -m validation evaluate results/mnist-mlp/models/ID.pt --test-ratios 0.2 0.8
  one run on two GPUs
    torchrun --nproc-per-node 2 -m validation transformer --data mnist --ratios 0.75 --seeds 1
"""


@dataclass(frozen=True)
class Evaluation:
    """Settings of `evaluate`."""

    checkpoint: Annotated[Path, tyro.conf.Positional] = Path()
    """A file that --keep-models wrote."""

    test_ratios: tuple[float, ...] = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9)
    """Shares of tokens hidden; 0 hides one token per sample."""

    data: str | None = None
    """Another data set, or a file, with tokens of the same shape; by default its own."""

    device: str = "auto"
    """auto, cpu, cuda or cuda:N."""

    json: bool = False
    """Print JSON."""


def run_experiment(settings: Experiment) -> int:
    """Train what is missing, report on all, and return the exit code."""
    from tqdm import tqdm

    from simulations.provenance import provenance
    from validation import report
    from validation.experiment import experiment_runs, perform, read_results
    from validation.pretrain import choose_device, processes

    began = time.monotonic()
    runs = experiment_runs(settings)
    device = choose_device(settings.device)
    if settings.dry_run:
        print(f"{len(runs)} runs on {', '.join(settings.data)}; nothing was trained")
        return 0
    interrupted = False
    with processes(device) as (rank, _):
        bar = tqdm(total=len(runs), unit="run", smoothing=0.1, delay=0.5, disable=rank > 0 or None)
        try:
            with bar:
                perform(settings, runs, bar.update)
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
    bridge = _bridge(settings) if settings.bridge else []
    made = provenance("python -m validation", settings.record(), time.monotonic() - began)
    report.write(settings.output, results, bridge, settings.record(), made)
    print(f"wrote report.json, report.md and figures to {settings.output}")
    return 0


def _bridge(settings: Experiment) -> list[dict[str, Any]]:
    """Return the bridge of the first data set of values, trained once per folder."""
    from simulations.files import replacing
    from validation.bridge import Bridge, bridge
    from validation.datasets import load

    path = settings.output / "bridge.json"
    with contextlib.suppress(OSError, ValueError, TypeError):  # not there, or broken
        return list(json.loads(path.read_text(encoding="utf-8")))
    data = next((data for data in map(load, settings.data) if not data.symbols), None)
    if data is None:
        return []
    small = settings.quick or settings.recipe.steps < 300
    rows = bridge(data, Bridge(ratios=("0.5",), dimension=64, trials=2) if small else Bridge())
    with replacing(path) as file:
        file.write_text(json.dumps(rows, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return rows


def evaluate(settings: Evaluation) -> int:
    """Print the risks of a kept model and return the exit code."""
    from validation.datasets import load
    from validation.experiment import run_of
    from validation.models import make_model
    from validation.pretrain import choose_device, load_checkpoint
    from validation.probe import probe
    from validation.reconstruction import reconstruction

    asked = real_array("test_ratios", settings.test_ratios)
    ratios = require("test_ratios", asked, (asked >= 0) & (asked < 1), "lie in [0, 1)").tolist()
    device = choose_device(settings.device)
    state = load_checkpoint(settings.checkpoint)
    run = run_of(state["about"])
    data = load(settings.data or run.dataset)
    model = make_model(run.model, data, run.width, run.depth, run.seed)
    load_checkpoint(settings.checkpoint, model)
    found = reconstruction(model, data, device, ratios)
    result = {
        "model": run.model,
        "dataset": data.name,
        "trained_with": run.ratio,
        "risks": found.risk,
        "cross_entropy": found.cross_entropy,
        "probe": probe(model, data, device),
    }
    if settings.json:
        print(json.dumps(result, allow_nan=False))
        return 0
    print(f"{run.model} of width {run.width}, trained on {run.dataset} with mask ratio {run.ratio}")
    print(f"tested on {data.name}; 1 is no better than the mean")
    for ratio, risk in found.risk.items():
        print(f"  test ratio {ratio:>7}  risk {risk:.4f}")
    if result["probe"] is not None:
        print(f"  linear probe      accuracy {result['probe']:.3f}")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["evaluate"]:
        prog = "python -m validation evaluate"
        text = "Test a model that `python -m validation --keep-models` kept."
        return command(Evaluation, evaluate, prog, text, given[1:] or ["--help"])
    return command(Experiment, run_experiment, PROG, DESCRIPTION, given, lambda: _preset(given))


PROG = "python -m validation"


def _preset(given: Sequence[str]) -> Experiment:
    """Return the settings that --quick, --standard or --full starts from."""
    asked = [name for name in PRESETS if f"--{name}" in given]
    if len(asked) > 1:
        raise DomainError(f"--{asked[0]} and --{asked[1]} must not be given together")
    return PRESETS[asked[0]] if asked else Experiment()


if __name__ == "__main__":
    sys.exit(main())

"""The settings of an experiment, and the runs that they stand for."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from ridgeless import DomainError
from ridgeless.checks import count
from simulations.running.identity import digest
from validation.masking.fill import Fill
from validation.named_ratio import NamedRatio, named_ratio
from validation.pretrain import Recipe

__all__ = ["PRESETS", "Experiment", "Run"]

#: Widths by default, smallest first. The linear model has none.
WIDTHS: dict[str, tuple[int, ...]] = {
    "linear": (0,),
    "mlp": (32, 128, 512),
    "cnn": (4, 8, 16),
    "transformer": (16, 32, 64),
}
DEPTHS = {"linear": 0, "mlp": 1, "cnn": 1, "transformer": 2}
#: Models by default: symbols of text are left to two of them.
FOR_VALUES = ("linear", "mlp", "cnn", "transformer")
FOR_SYMBOLS = ("mlp", "transformer")
#: Data whose tokens have no neighbours.
UNORDERED = ("linear", "mlp", "transformer")


@dataclass(frozen=True)
class Run:
    """One training: everything that its result depends on."""

    dataset: str
    model: str
    width: int
    depth: int
    n: int
    ratio: str
    seed: int
    per: str
    block: int
    equal: str
    recipe: Recipe
    fill: Fill = "zero"

    @property
    def named(self) -> NamedRatio:
        """The mask ratio, or the law from which it is drawn."""
        return named_ratio(self.ratio)

    def id(self, data: str) -> str:
        """Return a name that depends on nothing but this run and the digest of its data."""
        return digest(self.record() | {"data": data})[:16]

    def record(self) -> dict[str, Any]:
        """Return what the run is, as values; a fill is named where it is not the usual one."""
        return _without_usual(asdict(self))


#: What version 0.1.0 did not know of: left out where it is as usual, so that its runs and folders
#: stay the same.
USUAL = {"fill": "zero", "trained_out": None}


def _without_usual(values: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in values.items() if k not in USUAL or v != USUAL[k]}


@dataclass(frozen=True)
class Experiment:
    """Settings of an experiment."""

    models: Annotated[tuple[str, ...], tyro.conf.Positional] = ()
    """linear, mlp, cnn, transformer; by default all that suit the data."""

    data: tuple[str, ...] = ("digits", "pydoc")
    """Names of data sets (digits mnist fashion patches, pydoc shakespeare, dna, pbmc celltypist),
    or paths to .npy, .csv or .txt files."""

    ratios: tuple[str, ...] = ("0.15", "0.5", "0.75", "uniform:0.1:0.9", "cosine:0.1:0.9")
    """Mask ratios of training in (0, 1), and laws: uniform:LOW:HIGH (R2MAE), linear:START:END and
    cosine:START:END (Dynamic MR)."""

    widths: tuple[int, ...] = ()
    """Widths, smallest first; by default three per model."""

    samples: tuple[int, ...] = (1000,)
    """Numbers of training samples. The first is used with all widths, the others with the middle
    one, except that the linear model, which has no width, is run at all."""

    seeds: int = 5
    """Repetitions. A seed sets training samples, first weights and order of batches alike for all
    ratios, so that differences between ratios are paired."""

    depth: int | None = None
    """Layers or blocks; by default 1 for mlp and cnn, 2 for transformer."""

    per: Literal["batch", "sample"] = "batch"
    """Whether a random ratio is drawn per batch (as R2MAE does) or per sample."""

    block: int = 1
    """Hide tokens in squares of block x block; 1 hides them independently."""

    fill: Fill = "zero"
    """What models see of a masked sample: zero for zeros where it is hidden, rescale for what is
    left divided by 1 - p too."""

    recipe: Annotated[Recipe, tyro.conf.OmitArgPrefixes] = field(default_factory=Recipe)
    """How models are trained."""

    trained_out: int | None = None
    """Train until the loss stops falling, in at most so many steps: those of the recipe are doubled
    until the loss at ratio 0.5 ends less than 3 % below that of half as many. Once per data set,
    model and size, alike for all ratios and seeds; nothing is trained at equal compute then."""

    bridge: bool = True
    """Also train the linear model to convergence, against theory."""

    keep_models: bool = False
    """Keep the weights in OUTPUT/models, for `python -m validation evaluate`; a run that was cut
    short then goes on from its last checkpoint. Finished runs whose weights are not there are
    trained again."""

    device: str = "auto"
    """auto, cpu, cuda or cuda:N."""

    jobs: int | None = None
    """Worker processes; all cores by default, one on CUDA."""

    backend: Literal["loky", "dask"] = "loky"
    """Where workers run: processes of this machine, or Dask (see docs/how-to/cluster.md)."""

    output: Path = Path("results/validation")
    """Folder for runs.jsonl, report.json, report.md and figures. If it holds some of the runs,
    only the rest is run."""

    dry_run: bool = False
    """Print how many runs there are; train and write nothing."""

    quick: bool = False
    """Start from: all models on digits and pydoc, under three minutes on two cores."""

    standard: bool = False
    """Start from: MNIST and Shakespeare, five seeds, one to two hours on two cores."""

    full: bool = False
    """Start from: larger models on all that is installed; some ten hours on one GPU (not timed)."""

    def __post_init__(self) -> None:
        for name in ("data", "ratios", "samples"):
            if not getattr(self, name):
                raise DomainError(f"{name} must not be empty")
        for ratio in self.ratios:
            named = named_ratio(ratio)
            if named.kind == "fixed" and not 0 < named.mean < 1:
                raise DomainError(f"ratios must lie in (0, 1), got {ratio}")
        for model in self.models:
            if model not in WIDTHS:
                raise DomainError(f"models must be among {', '.join(WIDTHS)}, got {model!r}")
        single = ("seeds", "block", "depth", "jobs", "trained_out")
        given = [(name, getattr(self, name)) for name in single]
        given += [(name, value) for name in ("widths", "samples") for value in getattr(self, name)]
        for name, value in given:
            if value is not None:
                count(name, value)
        if self.trained_out is not None and self.trained_out < 2 * self.recipe.steps:
            raise DomainError(
                f"trained_out must be at least twice the {self.recipe.steps} steps of the recipe, "
                f"got {self.trained_out}"
            )

    def runs(self, symbols: Mapping[str, bool], ordered: Mapping[str, bool]) -> list[Run]:
        """Return all runs, one seed after the other, so that a part is an experiment too.

        `symbols` and `ordered` say of each data set whether its tokens are symbols, and whether
        neighbours belong together.
        """
        runs = []
        for seed, dataset in itertools.product(range(self.seeds), self.data):
            suited: tuple[str, ...] = FOR_SYMBOLS if symbols[dataset] else FOR_VALUES
            if not ordered[dataset]:
                suited = tuple(name for name in suited if name in UNORDERED)
            for model in self.models or suited:
                depth = DEPTHS[model] if self.depth is None or model == "linear" else self.depth
                for (width, n), ratio in itertools.product(self._sizes(model), self.ratios):
                    run = Run(
                        dataset=dataset,
                        model=model,
                        width=width,
                        depth=depth,
                        n=n,
                        ratio=ratio,
                        seed=seed,
                        per=self.per,
                        block=self.block,
                        equal="steps",
                        recipe=self.recipe,
                        fill=self.fill,
                    )
                    runs.append(run)
                    drops = model == "transformer" and not symbols[dataset]
                    middle = (width, n) == self._middle(model)
                    if drops and middle and self.trained_out is None:
                        runs.append(_at_equal_compute(run))
        return runs

    def _sizes(self, model: str) -> list[tuple[int, int]]:
        """Return widths and sample sizes that go together."""
        widths = self.widths if self.widths and model != "linear" else WIDTHS[model]
        (middle, first), others = self._middle(model), self.samples[1:]
        return [(width, first) for width in widths] + [(middle, n) for n in others]

    def _middle(self, model: str) -> tuple[int, int]:
        """Return the middle width and the first sample size."""
        widths = self.widths if self.widths and model != "linear" else WIDTHS[model]
        return widths[len(widths) // 2], self.samples[0]

    def shape(self) -> dict[str, Any]:
        """Return the settings that all runs of a folder share."""
        shared = {"per": self.per, "block": self.block, "depth": self.depth, "fill": self.fill}
        shared["trained_out"] = self.trained_out
        return _without_usual(shared) | {
            f"recipe.{name}": value for name, value in asdict(self.recipe).items()
        }

    def record(self) -> dict[str, Any]:
        """Return the settings as JSON-able values, but for where they are written."""
        shown = asdict(self)
        for name in (*PRESETS, "dry_run", "output"):
            del shown[name]
        return {name: list(v) if isinstance(v, tuple) else v for name, v in shown.items()}


def _at_equal_compute(run: Run) -> Run:
    """Return the run with as many steps as cost what its recipe costs at ratio 1/2.

    An encoder that drops hidden tokens costs `depth` blocks on what it sees, and its decoder one
    block on all tokens.
    """
    seen = 1 - run.named.mean
    steps = run.recipe.steps * (run.depth / 2 + 1) / (run.depth * seen + 1)
    return replace(run, equal="compute", recipe=replace(run.recipe, steps=max(1, round(steps))))


_STANDARD = Experiment(
    data=("mnist", "shakespeare"),
    ratios=(
        *("0.1", "0.15", "0.3", "0.5", "0.65", "0.75", "0.9"),
        *("uniform:0.1:0.9", "linear:0.9:0.1", "cosine:0.1:0.9"),
    ),
    samples=(2000, 500),
    output=Path("results/validation-standard"),
)

#: What --quick, --standard and --full start from; other flags change it.
PRESETS: dict[str, Experiment] = {
    "quick": Experiment(
        seeds=2,
        widths=(16,),
        samples=(500,),
        recipe=Recipe(steps=100),
        output=Path("results/validation-quick"),
    ),
    "standard": _STANDARD,
    "full": replace(
        _STANDARD,
        data=("mnist", "fashion", "patches", "shakespeare", "dna", "pbmc", "celltypist"),
        models=("linear", "mlp", "cnn", "transformer"),
        widths=(64, 256, 1024),
        samples=(4000, 1000),
        recipe=Recipe(steps=5000, batch=256),
        output=Path("results/validation-full"),
    ),
}

"""Mask ratios in the Trainer of transformers, end to end: python docs/studies/trainer.py.

Trains a small ViTMAE on digits and a small BERT on Shakespeare at a fixed ratio, with R2MAE and
with a schedule, tests each with `python -m validation evaluate`, and rewrites the tables of
docs/studies/trainer.md and docs/how-to/ratio-sampler.md. Ten to twenty minutes on one core.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from simulations.running import pages
from simulations.running.intervals import standard_error
from validation.__main__ import main as validation
from validation.adapters import MaskedLM, RatioCallback, RatioCollator, ViTMAE, place_patches
from validation.datasets import Tokens, load
from validation.masking import RatioSampler
from validation.models import waves
from validation.named_ratio import named_ratio

__all__ = ["bert", "main", "vit_mae"]

DOCS = Path(__file__).parents[1]
#: Pages that show the tables.
PAGES = ("studies/trainer.md", "how-to/ratio-sampler.md")
TEST_RATIOS = ("0.15", "0.3", "0.5", "0.75")
WIDTH, LAYERS, SEEDS = 64, 2, 3


class Task(NamedTuple):
    """A model on a data set, the ratios it is trained with, and how long."""

    model: str
    data: str
    ratios: tuple[str, ...]
    steps: int
    batch: int
    rate: float
    train: Callable[[Any, Tokens, RatioSampler, dict[str, Any]], None]


def vit_mae(data: Tokens) -> ViTMAE:
    """Return a ViTMAE for the patches of some images, from a configuration."""
    from transformers import ViTMAEConfig, ViTMAEForPreTraining

    patch = round((data.channels) ** 0.5)  # grey images
    config = ViTMAEConfig(
        image_size=data.grid[0] * patch,
        patch_size=patch,
        num_channels=1,
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        intermediate_size=4 * WIDTH,
        decoder_hidden_size=WIDTH,
        decoder_num_hidden_layers=1,
        decoder_num_attention_heads=4,
        decoder_intermediate_size=4 * WIDTH,
        initializer_range=0.05,
    )
    model = ViTMAEForPreTraining(config)
    place_patches(model)
    return ViTMAE(model, data)


def bert(data: Tokens) -> MaskedLM:
    """Return a BERT for the symbols of some text, from a configuration; [MASK] comes after them."""
    from transformers import BertConfig, BertForMaskedLM

    config = BertConfig(
        vocab_size=data.symbols + 3,
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        intermediate_size=4 * WIDTH,
        max_position_embeddings=data.length,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        initializer_range=0.05,
        tie_word_embeddings=False,
    )
    model = BertForMaskedLM(config)
    # From small random places a small model takes thousands of steps to find out what is near.
    model.bert.embeddings.position_embeddings.weight.data.copy_(waves(data.grid, WIDTH))
    model.bert.embeddings.word_embeddings.weight.data.normal_()  # of the same size
    return MaskedLM(model, data, mask_token=data.symbols)


def train_vit_mae(model: Any, data: Tokens, sampler: RatioSampler, made: dict[str, Any]) -> None:
    """Train on the images that the tokens are patches of."""
    images = model.unpatchify(torch.as_tensor(data.train))
    train(model, [{"pixel_values": image} for image in images], [RatioCallback(sampler)], made)


def train_bert(model: Any, data: Tokens, sampler: RatioSampler, made: dict[str, Any]) -> None:
    """Train on text, with the collator of transformers."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from transformers import DataCollatorForLanguageModeling, PreTrainedTokenizerFast

    special = ["[MASK]", "[PAD]", "[UNK]"]
    words = {f"{number}": number for number in range(data.symbols)}
    words |= {word: data.symbols + number for number, word in enumerate(special)}
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=Tokenizer(WordLevel(words, unk_token="[UNK]")),
        mask_token="[MASK]",
        pad_token="[PAD]",
        unk_token="[UNK]",
    )
    # All that is hidden becomes [MASK], as in the test.
    plain = DataCollatorForLanguageModeling(tokenizer, mask_replace_prob=1, random_replace_prob=0)
    collator = RatioCollator(plain, sampler)
    rows = [
        {"input_ids": row, "special_tokens_mask": [0] * len(row)} for row in data.train.tolist()
    ]
    train(model, rows, [RatioCallback(collator)], made | {"data_collator": collator})


def train(
    model: nn.Module, rows: Sequence[Any], callbacks: list[Any], made: dict[str, Any]
) -> None:
    """Let the Trainer train."""
    from transformers import PrinterCallback, Trainer

    trainer = Trainer(model=model, train_dataset=rows, callbacks=callbacks, **made)
    trainer.remove_callback(PrinterCallback)
    trainer.train()


TASKS = (
    Task(
        "vit_mae",
        "digits",
        ("0.75", "uniform:0.1:0.9", "linear:0.9:0.1"),
        600,
        64,
        2e-3,
        train_vit_mae,
    ),
    Task(
        "bert",
        "shakespeare",
        ("0.15", "uniform:0.1:0.9", "linear:0.3:0.15"),
        1000,
        32,
        2e-3,
        train_bert,
    ),
)
MAKERS: dict[str, Callable[[Tokens], Any]] = {"vit_mae": vit_mae, "bert": bert}


def risks(task: Task, ratio: str, seed: int, steps: int, folder: Path) -> list[float]:
    """Train one model and return its risks at the test ratios."""
    from transformers import TrainingArguments

    data = load(task.data)
    torch.manual_seed(seed)
    model = MAKERS[task.model](data)
    settings = TrainingArguments(
        str(folder),
        max_steps=steps,
        per_device_train_batch_size=task.batch,
        learning_rate=task.rate,
        lr_scheduler_type="cosine",
        warmup_steps=steps // 10,
        seed=seed,
        use_cpu=True,
        report_to=[],
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
    )
    sampler = RatioSampler(named_ratio(ratio).law, rng=seed)
    task.train(model.model, data, sampler, {"args": settings})
    torch.save(model.state_dict(), folder / "weights.pt")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = validation(
            [
                *("evaluate", f"trainer:{task.model}", "--data", task.data, "--json"),
                *("--weights", str(folder / "weights.pt"), "--device", "cpu"),
                *("--test-ratios", *TEST_RATIOS),
            ]
        )
    if code:
        raise SystemExit(code)
    result = json.loads(printed.getvalue())
    if result["notes"]:
        raise SystemExit(f"{task.model}: {result['notes']}")
    return [result["risks"][test] for test in TEST_RATIOS]


def table(found: dict[str, list[list[float]]]) -> str:
    """Return the mean risks of each training ratio; the smallest of a test ratio in bold."""
    means = {ratio: np.mean(rows, axis=0) for ratio, rows in found.items()}
    best = np.min(list(means.values()), axis=0)
    lines = []
    for ratio, rows in found.items():
        errors = [standard_error(column) for column in np.transpose(rows)]
        cells = [
            f"{mean:.3f} ± {error:.3f}" for mean, error in zip(means[ratio], errors, strict=True)
        ]
        shown = [
            f"**{cell}**" if mean == least else cell
            for cell, mean, least in zip(cells, means[ratio], best, strict=True)
        ]
        lines.append([f"`{ratio}`", *shown])
    return pages.table(["trained with", *(f"tested at {test}" for test in TEST_RATIOS)], lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train all, and rewrite the tables of the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS, help="runs per cell, at least 2")
    parser.add_argument("--steps", type=int, help="optimiser steps; by default the study's own")
    parser.add_argument("--data", nargs=2, help="other images and text", metavar=("IMAGES", "TEXT"))
    parser.add_argument("--docs", type=Path, default=DOCS, help="the folder of the pages")
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    for number, task in enumerate(TASKS):
        if given.data:
            task = task._replace(data=given.data[number])
        found: dict[str, list[list[float]]] = {}
        for ratio in task.ratios:
            for seed in range(given.seeds):
                began = time.monotonic()
                with tempfile.TemporaryDirectory() as folder:
                    one = risks(task, ratio, seed, given.steps or task.steps, Path(folder))
                found.setdefault(ratio, []).append(one)
                took = f"{time.monotonic() - began:.0f} s"
                print(f"{task.model} {ratio} seed {seed}: {one}, {took}", file=sys.stderr)
        for page in PAGES:
            pages.rewrite(given.docs / page, table(found), task.model)


if __name__ == "__main__":
    main()

"""Runs of the real Trainer: schedules, evaluation, checkpoints, workers."""

import copy
import json
import socket
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.multiprocessing.spawn import spawn

import ridgeless as rl
from tests import tolerances
from tests.validation.adapters import two_ranks
from validation.adapters import RatioCallback, RatioCollator
from validation.masking import Masker, RatioSampler

FORKED = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
SENTENCES = [
    {"input_ids": row} for row in np.random.default_rng(0).integers(5, 17, size=(40, 12)).tolist()
]
IMAGES = [
    {"pixel_values": image}
    for image in torch.randn(40, 1, 8, 8, generator=torch.Generator().manual_seed(0))
]


class Masks:
    """What a model was given, in training and at evaluation."""

    def __init__(self, model):
        self.train, self.eval = [], []
        model.register_forward_pre_hook(self.seen, with_kwargs=True)

    def seen(self, model, given, named):
        (self.train if model.training else self.eval).append(named["labels"] != -100)


@pytest.fixture
def run(trainer, bert, language, settings):
    """Train the small BERT; return the Trainer, its masks, and what it gave."""

    def run(law, resume=None, folder="run", evaluation=None, **changes):
        model = bert()
        masks = Masks(model)
        collator = RatioCollator(copy.copy(language), RatioSampler(law, rng=0))
        made = trainer(
            model,
            settings(folder, **changes),
            train_dataset=SENTENCES,
            eval_dataset=SENTENCES[:8],
            data_collator=collator,
            callbacks=[RatioCallback(collator, evaluation=evaluation)],
        )
        made.train(resume_from_checkpoint=resume)
        return made, masks

    return run


def logged(trainer, name):
    return [line[name] for line in trainer.state.log_history if name in line]


@pytest.mark.parametrize("accumulated", [1, 3])
def test_a_schedule_sweeps_its_law_over_a_run(run, accumulated):
    law = rl.ScheduledRatio(0.8, 0.2)
    trained, masks = run(
        law, gradient_accumulation_steps=accumulated, num_train_epochs=6, logging_steps=1
    )
    assert len(masks.train) == 60
    assert trained.state.global_step == {1: 60, 3: 24}[accumulated]
    drawn = np.array(logged(trained, "mask_ratio"))
    if accumulated == 1:
        np.testing.assert_allclose(drawn, 0.8 - 0.6 * np.arange(60) / 60)
    assert (np.diff(drawn) < 0).all()
    shares = np.array([float(mask.float().mean()) for mask in masks.train])
    expected = 0.8 - 0.6 * np.arange(60) / 60
    error = np.sqrt(expected * (1 - expected) / 48)
    assert np.abs((shares - expected) / error).max() < tolerances.MONTE_CARLO_Z
    assert abs(shares.mean() - law.mean) < tolerances.MONTE_CARLO_Z * error.mean() / np.sqrt(60)


def test_r2mae_draws_its_law_over_a_run(run):
    law = rl.UniformRatio(0.1, 0.9)
    trained, masks = run(law, num_train_epochs=20, logging_steps=1)
    drawn = np.sort(logged(trained, "mask_ratio"))
    assert len(drawn) == 200
    distance = np.abs((drawn - 0.1) / 0.8 - (np.arange(200) + 0.5) / 200).max()
    assert distance < tolerances.KOLMOGOROV / np.sqrt(200)
    assert all(1 <= int(mask.sum()) < 48 for mask in masks.train)


@FORKED
@pytest.mark.parametrize(("workers", "accumulated"), [(0, 1), (0, 3), (2, 1)])
def test_a_run_that_goes_on_draws_what_it_would_have_drawn(run, workers, accumulated):
    options = {"num_train_epochs": 2, "gradient_accumulation_steps": accumulated}
    law = rl.UniformRatio(0.1, 0.9)
    whole, masks = run(law, save_strategy="steps", save_steps=3, **options)
    resume = f"{whole.args.output_dir}/checkpoint-3"
    again, rest = run(law, resume, "again", dataloader_num_workers=workers, **options)
    done = 3 * accumulated
    assert len(rest.train) == len(masks.train) - done > 0
    assert all(map(torch.equal, masks.train[done:], rest.train))
    assert len({tuple(mask.flatten().tolist()) for mask in masks.train}) == len(masks.train)
    weights = whole.model.state_dict()
    for name, values in again.model.state_dict().items():
        torch.testing.assert_close(values, weights[name], **tolerances.FLOAT32)


def test_a_run_goes_on_whatever_the_seed_of_the_new_sampler(trainer, bert, language, settings):
    def trained(folder, resume=None):
        model = bert()
        masks = Masks(model)
        collator = RatioCollator(language, RatioSampler(rl.UniformRatio()))  # no seed
        made = trainer(
            model,
            settings(folder, max_steps=6, save_strategy="steps", save_steps=3),
            train_dataset=SENTENCES,
            data_collator=collator,
            callbacks=[RatioCallback(collator)],
        )
        made.train(resume_from_checkpoint=resume)
        return made, masks.train

    whole, masks = trained("run")
    path = f"{whole.args.output_dir}/checkpoint-3"
    assert all(map(torch.equal, masks[3:], trained("again", path)[1]))
    state = json.loads(Path(path, "trainer_state.json").read_text(encoding="utf-8"))
    assert state["stateful_callbacks"]["RatioStream"]["batches"] == 3


@FORKED
@pytest.mark.parametrize("workers", [0, 2])
def test_evaluation_is_at_the_mean_of_the_law_with_the_same_masks(run, workers):
    trained, masks = run(
        rl.UniformRatio(0.5, 0.9),
        eval_strategy="epoch",
        eval_on_start=True,
        dataloader_num_workers=workers,
    )
    assert len(masks.eval) == 2 * 4
    trained.evaluate()  # after training too, where no event announces it
    trained.predict(SENTENCES[:8])
    assert len(masks.eval) == 2 * 6
    for first, second in zip(masks.eval[:-2], masks.eval[2:], strict=True):
        assert torch.equal(first, second)
    share = torch.stack(masks.eval[:2]).float().mean()
    assert abs(float(share) - 0.7) < tolerances.MONTE_CARLO_Z * np.sqrt(0.21 / 96)
    assert len(masks.train) == 30


def test_several_evaluation_ratios_are_several_metrics(run):
    trained, masks = run(
        rl.UniformRatio(), evaluation=[0.2, 0.6], eval_strategy="steps", eval_steps=15
    )
    (line, _) = [line for line in trained.state.log_history if "eval_loss" in line]
    assert line["eval_loss_0.2"] == line["eval_loss"] != line["eval_loss_0.6"]
    metrics = trained.evaluate(metric_key_prefix="test")
    assert {"test_loss", "test_loss_0.2", "test_loss_0.6"} <= metrics.keys()
    shares = [torch.stack(masks.eval[at : at + 2]).float().mean() for at in (0, 2)]
    assert shares[0] < 0.4 < shares[1]
    # Masks at a higher ratio hide what those at a lower one hide.
    assert all(
        (low <= high).all() for low, high in zip(masks.eval[:2], masks.eval[2:4], strict=True)
    )


@pytest.mark.parametrize("name", ["vit_mae", "vit"])
def test_models_of_images_go_on_too(request, trainer, settings, name):
    weights = copy.deepcopy(request.getfixturevalue(name).state_dict())

    def trained(folder, resume=None):
        model, masks = copy.deepcopy(request.getfixturevalue(name)), []
        model.load_state_dict(weights)
        sampler = RatioSampler(rl.ScheduledRatio(0.8, 0.2), rng=0)
        source = sampler if name == "vit_mae" else Masker(sampler, (4, 4), shape="blocks:2x2")
        callback = RatioCallback(source, evaluation=[0.25, 0.75])
        made = trainer(
            model,
            settings(
                folder,
                max_steps=8,
                logging_steps=1,
                save_strategy="steps",
                save_steps=4,
                eval_strategy="steps",
                eval_steps=4,
                label_names=["pixel_values"],  # else the Trainer computes no loss at evaluation
            ),
            train_dataset=IMAGES,
            eval_dataset=IMAGES[:8],
            callbacks=[callback],
        )
        if name == "vit_mae":
            model.register_forward_hook(
                lambda model, _, out: masks.append(out.mask) if model.training else None
            )
        else:  # after the callback's own hook
            model.register_forward_pre_hook(
                lambda model, _, named: (
                    masks.append(named["bool_masked_pos"]) if model.training else None
                ),
                with_kwargs=True,
            )
        made.train(resume_from_checkpoint=resume)
        return made, masks

    whole, masks = trained("run")
    np.testing.assert_allclose(logged(whole, "mask_ratio"), 0.8 - 0.6 * np.arange(8) / 8)
    (_, after) = [line for line in whole.state.log_history if "eval_loss" in line]
    assert after["eval_loss_0.25"] != after["eval_loss_0.75"]
    # Masks alone: transformers 5.23.0 does not find the names of these models' weights again.
    again, rest = trained("again", f"{whole.args.output_dir}/checkpoint-4")
    assert again.state.global_step == 8
    assert (len(masks), len(rest)) == (8, 4)
    assert all(map(torch.equal, masks[4:], rest))
    if name == "vit_mae":
        assert whole.model.config.mask_ratio == 0.75


def test_without_a_callback_a_schedule_says_that_it_stands_still(trainer, bert, language, settings):
    collator = RatioCollator(language, RatioSampler(rl.ScheduledRatio(0.8, 0.2), rng=0))
    made = trainer(bert(), settings(max_steps=3), train_dataset=SENTENCES, data_collator=collator)
    with pytest.warns(UserWarning, match=r"stays at its start, 0\.8: .* RatioCallback") as told:
        made.train()
    assert len([line for line in told if "ScheduledRatio" in str(line.message)]) == 1


def test_the_loader_that_trains_must_use_the_collator(trainer, bert, language, settings):
    collator = RatioCollator(language, RatioSampler(0.5, rng=0))
    made = trainer(
        bert(),
        settings(max_steps=1),
        train_dataset=SENTENCES,
        data_collator=language,
        callbacks=[RatioCallback(collator)],
    )
    with pytest.raises(rl.DomainError, match="must be the RatioCollator of this callback"):
        made.train()


@pytest.mark.parametrize(
    ("source", "options", "words"),
    [
        ("half", {}, "source must be a RatioCollator, a RatioSampler or a Masker, got str"),
        (RatioSampler(0.5), {"evaluation": 1.0}, r"evaluation must lie in \(0, 1\), got 1.0"),
        (RatioSampler(0.5), {"evaluation": [0.5, 0.0]}, r"evaluation must lie in \(0, 1\)"),
        (RatioSampler(0.5), {"evaluation": []}, "evaluation must hold a ratio"),
    ],
)
def test_refusals(source, options, words):
    with pytest.raises(rl.DomainError, match=words):
        RatioCallback(source, **options)


def test_events_that_it_does_not_know_do_nothing():
    callback = RatioCallback(RatioSampler(rl.UniformRatio(0.2, 0.4)))
    assert callback.evaluation == [pytest.approx(0.3)]
    assert callback.on_push_begin(None, None, None, model=None) is None
    with pytest.raises(AttributeError, match="has no colour"):
        _ = callback.colour


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::Warning")  # of two processes on one machine
def test_two_ranks_have_streams_of_their_own_and_may_become_one(trainer, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    spawn(two_ranks.on_rank, (str(tmp_path), port), nprocs=2)
    for shared in (False, True):
        (masks, ratios), (others, _) = (
            np.load(tmp_path / f"{shared}-{rank}.npz").values() for rank in range(2)
        )
        assert masks.shape == others.shape == (6, 4, 20)
        assert not (masks == others).all(axis=(1, 2)).any()
        root = RatioSampler(rl.UniformRatio(0.1, 0.9), rng=0, rank=0, shared_ratio=shared)
        drawn = np.array(
            [[root.for_rank(rank).for_batch(n).ratio() for n in range(6)] for rank in range(2)]
        )
        np.testing.assert_allclose(ratios, drawn[0])
        assert (drawn[0] == drawn[1]).all() == shared
        shares = np.array([part.mean(axis=(1, 2)) for part in (masks, others)])
        error = np.sqrt(drawn * (1 - drawn) / 80)
        assert (np.abs(shares - drawn) < tolerances.MONTE_CARLO_Z * error).all()
    # Three of six batches on two ranks, the others on one, which goes on with its own stream.
    checkpoint = str(tmp_path / "False" / "checkpoint-3")
    rest, ratios = two_ranks.train(tmp_path / "one", resume=checkpoint)
    root = RatioSampler(rl.UniformRatio(0.1, 0.9), rng=0, rank=0)
    np.testing.assert_allclose(ratios[3:], [root.for_batch(n).ratio() for n in range(3, 6)])
    assert len(rest) == 3

"""Ratios, from a stream of its own for each rank, worker and batch."""

import pickle
import warnings
from typing import Any

import numpy as np
import pytest
from torch import distributed
from torch.multiprocessing.spawn import spawn

import ridgeless as rl
from tests import tolerances
from validation.masking import Masker, RatioSampler, ungrouped


def test_a_ratio_per_batch_or_per_sample():
    shared = RatioSampler(rl.UniformRatio(), "batch", rng=0).ratios(6)
    own = RatioSampler(rl.UniformRatio(), "sample", rng=0).ratios(6)
    assert len(set(shared)) == 1
    assert len(set(own)) == 6


def test_workers_have_streams_of_their_own_whoever_asks_first():
    def ratios(order):
        sampler = RatioSampler(rl.UniformRatio(), "sample", rng=0)
        return {worker: sampler.for_worker(worker).ratios(4).tolist() for worker in order}

    found = ratios([0, 1, 2, 3])
    assert ratios([3, 1, 0, 2]) == found
    numbers = [ratio for own in found.values() for ratio in own]
    numbers += RatioSampler(rl.UniformRatio(), "sample", rng=0).ratios(4).tolist()
    numbers += RatioSampler(rl.UniformRatio(), "sample", rng=1).for_worker(0).ratios(4).tolist()
    assert len(set(numbers)) == 24


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((0.0,), "mask_ratio"),
        ((1.0,), "mask_ratio"),
        ((-0.2,), "mask_ratio"),
        ((1.2,), "mask_ratio"),
        ((float("nan"),), "mask_ratio"),
        (("0.5",), "mask_ratio"),
        ((0.5, "row"), "per must be"),
    ],
)
def test_wrong_arguments(arguments, words):
    with pytest.raises(rl.DomainError, match=words):
        RatioSampler(*arguments)


def test_a_masking_is_its_law():
    law = rl.UniformRatio(0.1, 0.9)
    for masking in (rl.Masking(law), rl.Masking(law, masks_per_sample=float("inf"))):
        drawn = RatioSampler(masking, "sample", rng=0).ratios(5)
        np.testing.assert_array_equal(drawn, RatioSampler(law, "sample", rng=0).ratios(5))
    assert RatioSampler(rl.Masking(0.75), rng=0).ratio() == 0.75


@pytest.mark.parametrize(
    ("masking", "words"),
    [
        (rl.Masking(0.5, masks_per_sample=4), "masks_per_sample = 4 cannot be kept"),
        (rl.Masking(0.5, rows="all"), "rows = 'all' cannot be kept"),
        (rl.Masking([0.2, 0.5]), "mask_ratio"),
        (rl.Masking(1.0), r"number in \(0, 1\)"),
    ],
)
def test_what_training_decides_is_refused(masking, words):
    with pytest.raises(rl.DomainError, match=words):
        RatioSampler(masking)


def test_groups_are_refused_where_only_a_ratio_is_handed_on():
    sampler = RatioSampler(rl.Masking(0.4, groups=[0, 0, 1]))
    with pytest.raises(rl.DomainError, match="Masker hides tokens in groups"):
        ungrouped(sampler)


def test_a_schedule_that_is_not_told_the_progress_warns_once_by_name():
    sampler = RatioSampler(rl.ScheduledRatio(0.8, 0.2), rng=0)
    with pytest.warns(UserWarning, match=r"ScheduledRatio\(start=0.8.*stays at its start, 0.8"):
        assert sampler.ratio() == 0.8
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert sampler.ratio() == 0.8
        assert sampler.ratio(0.5) == 0.5
        RatioSampler(rl.UniformRatio(), rng=0).ratio()
    masker = Masker(RatioSampler(rl.ScheduledRatio(0.8, 0.2), rng=0), (2, 5))
    with pytest.warns(UserWarning, match="ScheduledRatio"):
        assert masker.draw(3).sum() == 3 * 8


def test_ranks_have_streams_of_their_own_and_rank_0_that_of_one_process():
    def drawn(rank, **options):
        sampler = RatioSampler(rl.UniformRatio(), rng=3, rank=rank, **options)
        return Masker(sampler, (4, 4)).drawn(5)

    alone = Masker(RatioSampler(rl.UniformRatio(), rng=3), (4, 4)).drawn(5)
    np.testing.assert_array_equal(drawn(0).hidden, alone.hidden)
    assert len({drawn(rank).ratios[0] for rank in range(4)}) == 4
    shared = [drawn(rank, shared_ratio=True) for rank in range(4)]
    assert len({part.ratios[0] for part in shared}) == 1
    assert len({int(part.hidden.sum()) for part in shared}) == 1
    assert len({part.hidden.tobytes() for part in shared}) == 4


def test_children_have_the_rank_and_the_shared_ratio():
    root = RatioSampler(rl.UniformRatio(), rng=3, rank=0, shared_ratio=True)
    for child in (RatioSampler.for_batch, RatioSampler.for_worker):
        ratios = [child(root.for_rank(rank), 7).ratio() for rank in range(3)]
        assert len(set(ratios)) == 1
        own = [child(root.for_rank(rank, shared_ratio=False), 7).ratio() for rank in range(3)]
        assert len(set(own)) == 3
    same = RatioSampler(rl.UniformRatio(), rng=3, rank=2)
    assert same.ratio() == RatioSampler(rl.UniformRatio(), rng=3, rank=0).for_rank(2).ratio()


def test_a_batch_draws_what_follows_from_its_number():
    sampler = RatioSampler(rl.UniformRatio(), rng=0)
    first = [sampler.for_batch(number).ratio() for number in range(2000)]
    sampler.ratio()  # whatever was drawn before
    assert [sampler.for_batch(number).ratio() for number in (1999, 5)] == [first[1999], first[5]]
    error = 0.8 / np.sqrt(12 * 2000)
    assert abs(np.mean(first) - 0.5) < tolerances.MONTE_CARLO_Z * error
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < tolerances.MONTE_CARLO_Z / np.sqrt(2000)


@pytest.mark.parametrize("shared", [False, True])
def test_a_state_goes_on_on_its_own_rank_and_says_that_it_cannot_on_another(shared):
    def made(rank):
        return RatioSampler(rl.UniformRatio(), rng=1, rank=rank, shared_ratio=shared)

    first = made(1)
    first.ratio()
    state = first.state_dict()
    ahead = Masker(first, (4, 4)).draw(5)
    again = made(1)
    again.load_state_dict(state)
    np.testing.assert_array_equal(Masker(again, (4, 4)).draw(5), ahead)
    with pytest.raises(rl.DomainError, match=r"must be that of rank 0, .* got that of rank 1"):
        made(0).load_state_dict(state)
    other = RatioSampler(rl.UniformRatio(), rng=1, rank=1, shared_ratio=not shared)
    with pytest.raises(rl.DomainError, match=f"with shared_ratio={not shared}"):
        other.load_state_dict(state)


def test_a_state_of_0_1_0_is_that_of_rank_0():
    sampler = RatioSampler(rl.UniformRatio(), rng=0)
    state = sampler.state_dict()
    ratio = sampler.ratio()
    sampler.load_state_dict({"generator": state["generator"]})
    assert sampler.ratio() == ratio


def test_what_ranks_cannot_share_is_refused():
    with pytest.raises(rl.DomainError, match="rng must be a seed, the same on all ranks"):
        RatioSampler(0.5, shared_ratio=True)
    with pytest.raises(rl.DomainError, match="rank must be an integer of at least 0"):
        RatioSampler(0.5, rng=0, rank=-1)


def masks_of_a_rank(rank, folder):
    """What one of two processes draws: without and with a shared ratio."""
    where = f"file://{folder}/store"
    distributed.init_process_group("gloo", init_method=where, rank=rank, world_size=2)
    found: dict[str, Any] = {}
    for shared in (False, True):
        sampler = RatioSampler(rl.UniformRatio(), rng=0, shared_ratio=shared)
        drawn = [Masker(sampler, (4, 5)).drawn(4) for _ in range(150)]
        found[f"rank{shared}"] = sampler.rank
        found[f"ratios{shared}"] = np.array([part.ratios[0] for part in drawn])
        found[f"hidden{shared}"] = np.array([part.hidden for part in drawn])
    np.savez(f"{folder}/{rank}.npz", **found)
    distributed.destroy_process_group()


def test_two_processes_draw_different_masks_whose_union_has_the_law(tmp_path):
    spawn(masks_of_a_rank, (str(tmp_path),), nprocs=2)
    ranks = [np.load(tmp_path / f"{rank}.npz") for rank in range(2)]
    for shared in (False, True):
        assert [int(rank[f"rank{shared}"]) for rank in ranks] == [0, 1]
        hidden = [rank[f"hidden{shared}"] for rank in ranks]
        assert not (hidden[0] == hidden[1]).all(axis=(1, 2)).any()
        ratios = [rank[f"ratios{shared}"] for rank in ranks]
        assert (ratios[0] == ratios[1]).all() == shared
        assert (ratios[0] == ratios[1]).any() == shared
        # The largest distance of 150 or 300 draws from a uniform law, at a level of 1e-4.
        union = np.sort(ratios[0] if shared else np.concatenate(ratios))
        law = (union - 0.1) / 0.8
        steps = np.arange(len(union) + 1) / len(union)
        distance = max((steps[1:] - law).max(), (law - steps[:-1]).max())
        assert distance < tolerances.KOLMOGOROV / np.sqrt(len(union))
        shares = np.concatenate(hidden).mean(axis=(1, 2))
        assert abs(shares.mean() - 0.5) < tolerances.MONTE_CARLO_Z * shares.std() / np.sqrt(150)


def test_a_copy_for_another_process_knows_its_rank(monkeypatch):
    monkeypatch.setattr(distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(distributed, "get_rank", lambda: 3)
    sampler = RatioSampler(rl.UniformRatio(), rng=0)  # whose rank nobody has asked for
    copied = pickle.dumps(sampler)
    monkeypatch.undo()
    assert pickle.loads(copied).rank == 3
    assert pickle.loads(copied).ratio() == sampler.for_rank(3).ratio()
    before = RatioSampler(rl.UniformRatio(), rng=0)
    monkeypatch.setattr(distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(distributed, "get_rank", lambda: 2)
    assert before.rank == 2  # made before the processes knew of each other

"""A ratio per batch in the data loader, in the main process and in workers."""

import pytest
import torch
from torch.utils.data import DataLoader

import ridgeless as rl
from validation.adapters import RatioCollator
from validation.masking import RatioSampler


class Telling:
    """A collator whose batch is the probability it was given."""

    mlm_probability = 0.15

    def __call__(self, examples):
        return self.mlm_probability


def loader(collator, workers=0, batches=8):
    return DataLoader(range(batches), 1, collate_fn=collator, num_workers=workers)


def test_the_real_collator_hides_what_was_drawn(language):
    torch.manual_seed(0)
    collator = RatioCollator(language, RatioSampler(rl.DiscreteRatio([0.2, 0.9]), rng=0))
    examples = [{"input_ids": torch.full((500,), 5)} for _ in range(8)]
    shares = [float((collator(examples)["labels"] != -100).float().mean()) for _ in range(12)]
    # 4,000 tokens: a share is off by 0.03 at five standard errors.
    assert {min((0.2, 0.9), key=lambda p: abs(p - share)) for share in shares} == {0.2, 0.9}
    assert all(min(abs(share - 0.2), abs(share - 0.9)) < 0.03 for share in shares)
    assert language.mlm_probability == 0.15


def test_without_workers_the_stream_is_the_samplers():
    law = rl.UniformRatio()
    sampler, same = RatioSampler(law, rng=3), RatioSampler(law, rng=3)
    assert list(loader(RatioCollator(Telling(), sampler))) == [same.ratio() for _ in range(8)]
    state = sampler.state_dict()
    after = list(loader(RatioCollator(Telling(), sampler)))
    same.load_state_dict(state)
    assert [same.ratio() for _ in range(8)] == after


# Newer Pythons warn of any fork beside threads; torch's loader forks all the same.
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_every_worker_of_every_epoch_has_a_stream_of_its_own():
    def epochs(rng):
        torch.manual_seed(5)
        batches = loader(RatioCollator(Telling(), RatioSampler(rl.UniformRatio(), rng=rng)), 2)
        return [ratio for _ in range(2) for ratio in batches]

    ratios = epochs(0)
    assert len(set(ratios)) == 16
    assert epochs(0) == ratios
    assert not set(epochs(1)) & set(ratios)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_progress_reaches_workers_that_run_already():
    schedule = RatioSampler(rl.ScheduledRatio(0.1, 0.9), rng=0)
    collator = RatioCollator(Telling(), schedule)
    collator.progress = 0.0
    batches = iter(loader(collator, workers=1, batches=20))
    assert next(batches) == 0.1
    collator.progress = 1.0
    assert list(batches)[-1] == 0.9


def test_refusals():
    with pytest.raises(rl.DomainError, match="mlm_probability, but function has none"):
        RatioCollator(lambda examples: examples, RatioSampler(0.5))
    with pytest.raises(rl.DomainError, match="one ratio per batch here, got per='sample'"):
        RatioCollator(Telling(), RatioSampler(0.5, "sample"))
    with pytest.raises(rl.DomainError, match=r"progress must lie in \[0, 1\], got 1.5"):
        RatioCollator(Telling(), RatioSampler(0.5)).progress = 1.5


@pytest.mark.parametrize("shared", [False, True])
def test_ranks_with_one_seed_of_torch_hide_other_tokens(language, shared):
    examples = [{"input_ids": torch.full((50,), 5)} for _ in range(4)]
    masks = []
    for rank in (0, 1, 1):
        torch.manual_seed(0)
        sampler = RatioSampler(0.5, rng=0, rank=rank, shared_ratio=shared)
        batch = RatioCollator(language, sampler)(examples)
        masks.append(batch["labels"] != -100)
    assert not (masks[0] == masks[1]).all(dim=1).any()
    assert torch.equal(masks[1], masks[2])


def test_laws_with_loss_weights_are_refused():
    law = rl.DiscreteRatio([0.2, 0.8], loss_weights=[1.0, 2.0])
    with pytest.raises(rl.DomainError, match="law must have no loss weights here"):
        RatioCollator(Telling(), RatioSampler(law))
    with pytest.raises(rl.DomainError, match="at_least_one must be 'batch', 'sample' or False"):
        RatioCollator(Telling(), RatioSampler(0.5), at_least_one="token")

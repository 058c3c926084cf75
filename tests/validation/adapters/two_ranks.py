"""A run of the Trainer on one of two processes, and what its model was given."""

import os
from typing import Any

import numpy as np
import torch

import ridgeless as rl
from validation.adapters import RatioCallback, RatioCollator
from validation.masking import RatioSampler

WORDS = ["[PAD]", "[UNK]", "[MASK]", *"abcdefghij"]
SENTENCES = [
    {"input_ids": row} for row in np.random.default_rng(0).integers(3, 13, size=(64, 20)).tolist()
]


def train(folder, shared_ratio=False, resume=None, **changes):
    """Return the masks and the logged ratios of this process."""
    import transformers
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel

    model = Tokenizer(WordLevel({word: k for k, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=model, pad_token="[PAD]", unk_token="[UNK]", mask_token="[MASK]"
    )
    # Made before the processes know of each other, as in a script.
    sampler = RatioSampler(rl.UniformRatio(0.1, 0.9), rng=0, shared_ratio=shared_ratio)
    collator = RatioCollator(transformers.DataCollatorForLanguageModeling(tokenizer), sampler)
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=13,
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
        max_position_embeddings=32,
    )
    masks = []
    network = transformers.BertForMaskedLM(config)
    network.register_forward_pre_hook(
        lambda *given: masks.append((given[2]["labels"] != -100).numpy()), with_kwargs=True
    )
    settings: dict[str, Any] = {
        "per_device_train_batch_size": 4,
        "max_steps": 6,
        "logging_steps": 1,
    }
    settings |= {"report_to": [], "disable_tqdm": True, "use_cpu": True, "save_strategy": "no"}
    settings |= {"dataloader_pin_memory": False, "ddp_find_unused_parameters": False}
    trainer = transformers.Trainer(
        network,
        transformers.TrainingArguments(str(folder), **settings | changes),
        train_dataset=SENTENCES,
        data_collator=collator,
        callbacks=[RatioCallback(collator)],  # type: ignore[list-item]  # by what it has
    )
    trainer.train(resume_from_checkpoint=resume)
    ratios = [line["mask_ratio"] for line in trainer.state.log_history if "mask_ratio" in line]
    return np.array(masks), np.array(ratios)


def on_rank(rank, folder, port):
    """Train with and without a shared ratio; keep what this rank saw."""
    os.environ |= {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
    }
    torch.set_num_threads(1)
    for shared in (False, True):
        saving = {"save_strategy": "steps", "save_steps": 3}
        masks, ratios = train(f"{folder}/{shared}", shared, **saving)
        np.savez(f"{folder}/{shared}-{rank}.npz", masks=masks, ratios=ratios)
    torch.distributed.destroy_process_group()

"""A masked language model of transformers as a model that the validation can test."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from ridgeless import DomainError
from validation.datasets.tokens import Tokens

__all__ = ["MaskedLM"]


class MaskedLM(nn.Module):
    """Maps symbols and which are hidden to logits of all symbols, by a BertForMaskedLM or alike.

    Parameters
    ----------
    model : module whose ``model(input_ids=...).logits`` are (B, L, vocabulary)
        Token k of its vocabulary is symbol k of `data`; tokens of its own come after them.
    data : Tokens
        Symbols, as of text.
    mask_token : int
        The token that stands where a symbol is hidden.

    Raises
    ------
    DomainError
        If the data are values, or the mask token is a symbol or none of the vocabulary.
    """

    def __init__(self, model: Any, data: Tokens, mask_token: int) -> None:
        super().__init__()
        if not data.symbols:
            raise DomainError(f"data must be symbols for a language model, but {data.name} is not")
        vocabulary = int(model.config.vocab_size)
        if not data.symbols <= mask_token < vocabulary:
            raise DomainError(
                f"mask_token must come after the {data.symbols} symbols of {data.name}, in a "
                f"vocabulary of {vocabulary}, got {mask_token}"
            )
        self.model, self.symbols, self.mask_token = model, data.symbols, mask_token

    def forward(self, inputs: Tensor, hidden: Tensor) -> Tensor:
        """Return logits of all symbols at all places, (B, L, V); inputs and hidden (B, L)."""
        tokens = inputs.masked_fill(hidden, self.mask_token)
        logits: Tensor = self.model(input_ids=tokens).logits
        return logits[..., : self.symbols]

"""A design: all that determines the training rows of a problem and their masks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

import ridgeless as rl
from simulations.populations.designs import Design
from simulations.running.identity import Record, array_digest, digest, law_record, number

__all__ = ["POPULATION", "Sampling"]

#: Tables of d x d floats while a population is drawn, and that are kept of it.
POPULATION, KEPT = 4, 2


@dataclass(frozen=True)
class Sampling:
    """A design: all that determines the training rows and their masks.

    Readouts of one design share its trials, so that their errors are correlated.
    """

    spectrum: rl.Spectrum  #: d equally weighted eigenvalues
    samples: int  #: n
    masking: rl.Masking  #: one scheme, nothing left open; groups are numbered
    design: Design
    ratio_batch: int = 1  #: consecutive samples that share one ratio

    @property
    def dimension(self) -> int:
        """Number of features d."""
        return len(self.spectrum)

    @property
    def least_bytes(self) -> float:
        """Bytes that a trial needs at least: its population while it is made, or beside its rows.

        Only tables that no read-out goes without: rows, masks and the masked rows that count.
        """
        d, masking = self.dimension, self.masking
        if math.isinf(masking.masks):
            tables = 2.0  # the rows, once more without the part that is solved for
        else:
            ratios, weights = masking.law.nodes(64)
            share = float(ratios @ weights) if masking.rows == "masked" else 1.0
            tables = 1 + masking.masks * (1 / 8 + share)
        making = POPULATION if self.design.fixed_spectrum() is None else KEPT
        return 8.0 * d * max(making * d, KEPT * d + tables * self.samples)

    @cached_property
    def population_id(self) -> str:
        """SHA-256 of what determines the population; designs that agree on it share it."""
        return digest(self._population())

    @cached_property
    def id(self) -> str:
        """SHA-256 of what determines rows and masks."""
        masking = self.masking
        drawn = {
            "law": law_record(masking.law),
            "groups": None if masking.groups is None else array_digest(np.array(masking.groups)),
            "ratio_batch": self.ratio_batch,
        }
        if masking.rescaled:  # else the ids are those before there was a choice
            drawn["fill"] = masking.fill
        rest = {
            "samples": self.samples,
            "masking": drawn,
            "masks_per_sample": number(masking.masks),
            "rows": masking.rows,
        }
        return digest(self._population() | rest)

    def _population(self) -> Record:
        # The spectrum of real rows is computed from them, to rounding: they speak for it.
        own = self.design.fixed_spectrum() is not None
        return {
            "spectrum": None if own else array_digest(self.spectrum.eigenvalues),
            "design": self.design.record(),
        }

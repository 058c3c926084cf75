"""A design: all that determines the training rows of a problem and their masks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

import ridgeless as rl
from simulations.populations.designs import Design
from simulations.running.identity import Record, array_digest, digest, law_record, number

__all__ = ["Sampling"]


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

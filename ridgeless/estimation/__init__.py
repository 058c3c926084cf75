"""From data to a population: spectra, groups, and what speaks against them."""

"""Numerics below the theory: compiled kernels, and spectra in a few nodes."""

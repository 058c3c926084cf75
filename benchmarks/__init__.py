"""How fast the package is, beside the hardware and beside what one would otherwise write."""

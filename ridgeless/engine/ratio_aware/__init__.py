"""The fixed point with matrices in place of numbers: coefficients that know the mask ratio."""

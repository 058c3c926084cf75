"""What the study of random mask ratios (r2mae.py) is made of."""

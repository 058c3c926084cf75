"""How coefficients are learnt from masked rows: one file per estimator."""

"""The engine: one fixed point, its thresholds and its read-out, for every front."""

"""Many trials: what is planned, what is stored, and who runs it."""

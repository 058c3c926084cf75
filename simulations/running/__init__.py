"""What every long run needs, whatever it computes: files, signals, workers, provenance."""

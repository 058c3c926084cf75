"""What every long run needs, whatever it computes: signals, workers, provenance, pages, style."""

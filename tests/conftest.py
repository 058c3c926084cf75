"""Settings for the whole suite."""

from hypothesis import settings

# Without the JIT an example can take seconds; no test is about time.
settings.register_profile("ridgeless", deadline=None, derandomize=True)
settings.load_profile("ridgeless")

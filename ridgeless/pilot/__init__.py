"""From a few runs of one's own network to the ratio to run next, and when to stop."""

from ridgeless.pilot.advice import Pilot, pilot

__all__ = ["Pilot", "pilot"]

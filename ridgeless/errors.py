"""The two errors of the package; their messages are sentences for whoever called."""

__all__ = ["ConvergenceError", "DomainError"]


class DomainError(ValueError):
    """An argument lies outside its domain; the message names it, its value and what is allowed."""


class ConvergenceError(ArithmeticError):
    """A solve stopped above its tolerance; the message holds the parameters and the residual."""

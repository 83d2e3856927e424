"""A yearly report on a twin-town chain, regenerated from tables."""

from .report import Report, load

__all__ = ["Report", "load"]

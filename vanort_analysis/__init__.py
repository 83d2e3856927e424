"""A yearly report on a twin-town chain, regenerated from tables."""

from .api import Report, load

__all__ = ["Report", "load"]

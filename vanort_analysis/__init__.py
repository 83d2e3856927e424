"""A yearly report on a twin-town chain, regenerated from tables."""

from typing import Any

__all__ = ["Report", "load"]


def __getattr__(name: str) -> Any:
    """`load` and `Report`, imported when they are asked for: a command's help needs neither."""
    if name in __all__:
        from . import report

        return getattr(report, name)
    raise AttributeError(f"vanort_analysis has no {name!r}, but {' and '.join(__all__)}")


def __dir__() -> list[str]:
    return __all__

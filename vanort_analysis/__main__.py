"""`python -m vanort_analysis` is the same as `vanort`."""

from .cli import main

main()

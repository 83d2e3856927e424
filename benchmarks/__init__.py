"""How fast the reports are made, against the ways there were before: `python3 run.py bench`."""

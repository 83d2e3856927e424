"""From notebook to finished folder: run, check, swap, and the other forms of a report."""

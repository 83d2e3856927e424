"""The tables: what a value, a row and a table are, how they are read, what a year knows."""

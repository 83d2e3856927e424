"""The faults of bad input, by their number: F01 and on."""

"""Frames and words in, pictures out: charts, the printed map, the map to click in."""

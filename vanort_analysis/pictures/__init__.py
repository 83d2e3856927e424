"""Turns frames and words into pictures: charts, the printed map and the interactive map."""

"""Measurements, as ratios within one run: figures of different machines can't be compared."""

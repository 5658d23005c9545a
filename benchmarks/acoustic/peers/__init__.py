"""Peers of the switch on the same windows: nearest centroid, dynamic time warping, a small network, phones.

All hear the same frames, have copies of each lesson in noise, and answer in the window that they know best themselves.
Their settings were chosen on the same speakers as the switch's (`benchmarks/README.md`).
"""

"""Synthetic pictures, voices and machines: seeded, so that the same options give the same samples."""

"""Figures about predictions: accuracy, error rates and their curves, thresholds. Arrays in, values out."""

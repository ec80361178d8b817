"""Metrics of predictions: accuracy, error rates and their curves, thresholds. Pure functions of arrays."""

"""Training of anomaly detectors."""

"""Anomaly detection: what the accelerometer measures, its scores, and when they make an alarm."""

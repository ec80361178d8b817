"""Anomaly detection: the accelerometer's samples, their scores, and alarms."""

"""Gestures: the samples of accelerometer and gyroscope, and the movements that are detected."""

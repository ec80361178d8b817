"""Gestures: what accelerometer and gyroscope measure, and which movements are told."""

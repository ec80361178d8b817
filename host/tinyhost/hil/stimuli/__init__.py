"""Stimuli: light, sound and motion for a sensor, with proof of arrival from the sensor's own data."""

"""Stimuli: what a rig puts in front of a sensor, and the proof, from the sensor's own data, that it arrived."""

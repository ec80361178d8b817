"""Marks: what a stimulus carries so that the sensor's own data show that it arrived."""

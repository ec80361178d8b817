"""Sync markers: a stimulus carries a mark, which proves in the sensor's own data that it arrived."""

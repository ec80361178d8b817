"""The check of a data set: single samples, copies among them, and the division into parts."""

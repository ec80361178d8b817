"""The people in a data set: their consent, its expiry, and the erasure of their samples."""

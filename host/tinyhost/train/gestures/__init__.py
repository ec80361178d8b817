"""Training of gesture recognizers."""

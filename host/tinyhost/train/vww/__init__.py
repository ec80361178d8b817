"""Training of picture classifiers."""

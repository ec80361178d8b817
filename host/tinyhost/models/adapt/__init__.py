"""Adaptation of models by others to a board, with a comparison of the results."""

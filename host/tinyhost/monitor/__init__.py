"""Live predictions: a screen for people, lines for programs."""

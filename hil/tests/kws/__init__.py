"""Keyword spotting: the microphone's samples, and the words that the board detects in them."""

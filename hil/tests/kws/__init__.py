"""Keyword spotting: what the microphone hears, and which words the board detects in it."""

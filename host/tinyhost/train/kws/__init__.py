"""Training of keyword spotters."""

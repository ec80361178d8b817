"""The monitor: live predictions on a screen, or as lines of text or JSON."""

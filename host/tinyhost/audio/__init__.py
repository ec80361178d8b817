"""Sound as numbers: wav files, levels, noise, rooms."""

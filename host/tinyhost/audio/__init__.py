"""Sound: files, levels, noise, room simulation, the firmware's features."""

"""Motion: features of accelerometer windows, scores and alarms as the firmware computes them, a simulated machine."""

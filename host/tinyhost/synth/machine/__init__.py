"""A simulated rotating machine, healthy or with a fault, as an accelerometer measures it."""

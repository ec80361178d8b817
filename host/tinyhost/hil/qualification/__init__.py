"""Whether a rig is within its limits, before and after each run: one that is not stops the run, and fails no test."""

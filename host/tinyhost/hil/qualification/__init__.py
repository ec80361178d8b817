"""Qualification of a rig before and after each run: out of its limits it stops the run, but fails no test."""

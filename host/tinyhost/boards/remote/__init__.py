"""Boards on other machines, one module for each way to get there. `finding` is the way in."""

"""Fuzzing, in this process, of every parser of outside input: only tinyhost's own errors, in time, in memory.

A new parser gets a `Target`, whose seeds the code itself makes. `make fuzz-python` runs long, test_parsers.py for
seconds.
"""

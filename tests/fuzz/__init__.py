"""Fuzzing, in this process, of every parser of untrusted input: only tinyhost's errors, bounded time and memory.

A new parser gets a `Target`, whose seeds are generated. `make fuzz-python` runs long, test_parsers.py for
seconds.
"""

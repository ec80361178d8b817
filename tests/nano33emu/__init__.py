"""The binary that is flashed onto a Nano, on the emulated one."""

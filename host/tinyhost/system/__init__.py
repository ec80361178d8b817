"""Interfaces to the operating system: crash-safe files, required programs, locks, terminals, the loudspeaker."""

"""What the operating system does: files that survive a crash, programs that must be installed, the loudspeaker."""

"""What each task is, on the host: the twin of the firmware's apps."""

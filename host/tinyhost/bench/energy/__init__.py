"""Energy measurement by a power meter at the board's supply, cut into windows by marker pins."""

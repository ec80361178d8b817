"""Tasks: vision, keywords, anomaly; each a room with what the host knows of it, the twin of a firmware app."""

"""Tasks: vision, keywords, anomaly, gestures; each is what the host knows of it, the twin of a firmware app."""

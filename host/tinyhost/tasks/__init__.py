"""Tasks: vision, keywords, anomaly, gestures. Each is the host's counterpart of a firmware app."""

"""Motion: recordings, sensors, and the firmware's features, anomaly scores and alarms."""

"""Training of detectors of unusual time series."""

"""What may happen without asking: ordered pure rules on declared effects, and detectors on untrusted content."""

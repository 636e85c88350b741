"""Decide what is allowed without asking: ordered pure rules on declared effects, and detectors on untrusted content."""

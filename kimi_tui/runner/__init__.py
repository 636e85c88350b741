"""The runner: one process for each working session, and the handles that front ends use to reach it.

The screen only draws; the engine goes on when a terminal closes or a front end crashes.
"""

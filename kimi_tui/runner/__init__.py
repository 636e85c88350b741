"""The runner: a process of its own for each working session, and the handles by which front ends reach it.

The screen only draws; the engine goes on when a terminal closes or a front end crashes.
"""

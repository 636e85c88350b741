"""Compute the state of a session from its journal: the same entries give the same state, live or years later.

Each projection has one method `apply(entry)` and plain public fields; none reads a clock, a disk or another
projection's internals. `trajectory.TrajectoryState` holds one of each, and
`state.SessionState` those of every trajectory of a session.
"""

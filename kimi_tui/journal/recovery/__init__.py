"""Recover damaged session files: marks, carving, what remains, and salvage."""

"""Completion of commands and documents in the line for questions."""

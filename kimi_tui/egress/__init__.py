"""Examine the texts that leave with a call: where their words come from, and which of them nobody explains."""

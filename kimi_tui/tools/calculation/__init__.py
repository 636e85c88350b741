"""Arithmetic that can be cited: a sandbox and the functions that it offers."""

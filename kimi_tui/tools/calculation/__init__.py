"""Arithmetic that can be cited: a sandbox and the functions it offers."""

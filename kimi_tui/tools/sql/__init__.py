"""Databases and CSV files of the desk: read-only queries."""

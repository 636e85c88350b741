"""Screens over a session that show one side of it whole."""

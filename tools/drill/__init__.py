"""Drills: a session is killed, starved of disk space, corrupted, resized and crowded, and must survive."""

"""The drills: a session is killed, starved of disk, flipped, resized and crowded, and has to come through."""

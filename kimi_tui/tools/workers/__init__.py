"""Worker processes: named functions run in children that can be killed, within limits."""

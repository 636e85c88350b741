"""The terminal: driver, frame output, signals, clipboard, notifications and background colour."""

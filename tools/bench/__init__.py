"""The cockpit's bench: the real app in a terminal of its own, against a server that plays the model."""

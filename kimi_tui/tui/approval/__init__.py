"""The approval card: description of a waiting call, decisions, and the form for its arguments."""

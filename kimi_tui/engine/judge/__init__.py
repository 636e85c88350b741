"""Ask the session's model, in a fresh context, about statements that nothing mechanical could decide."""

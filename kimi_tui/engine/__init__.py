"""The engine: ask the model, let the policy decide on each call, run it, and record every fact before it is shown."""

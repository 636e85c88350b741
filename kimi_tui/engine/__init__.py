"""The engine: it asks the model, lets policy decide on each call, acts, and records every fact before it is shown."""

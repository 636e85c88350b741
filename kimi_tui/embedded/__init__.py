"""An OpenAI-compatible server on loopback with two embedded models: an extractive researcher and a script.

`server` is the door: import it inside a function, because it brings an HTTP server with it. Nothing here is a neural
model, and every place where a person or a program could take it for one says so.
"""

"""Evidence: a memo's sentences, what they cite, and whether the stored sources say it. Pure functions on text.

Knows sources and cells; nothing here reads a journal or a file.
"""

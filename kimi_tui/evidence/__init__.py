"""Check a memo: its sentences, their citations, and whether the stored sources support them. Pure functions. Pure
functions on text.

Knows sources and cells; nothing here reads a journal or a file.
"""

"""Check a memo: its sentences, their citations, and whether the stored sources support them.

Pure functions on text, sources and cells; nothing here reads a journal or a file.
"""

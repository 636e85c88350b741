"""Readers: the bytes of a document become citable parts of text."""

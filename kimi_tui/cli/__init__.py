"""The command line: the parser, and a module for each group of commands."""

from kimi_tui.cli.parser import main

__all__ = ["main"]

"""kimi-tui: supervise a locally hosted Kimi K2 Thinking while it researches a question, in a terminal."""

__version__ = "0.1.0"

"""Exports of a session: its memo as Markdown or a page, its journal as JSON Lines, the whole as an evidence bundle."""

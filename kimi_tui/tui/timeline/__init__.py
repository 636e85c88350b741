"""The timeline: layout, drawing, selection, search, streaming tail and minimap."""

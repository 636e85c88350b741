"""The documents of the desk: its files, the index over them, and the tools that search and read them."""

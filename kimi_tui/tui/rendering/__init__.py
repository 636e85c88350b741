"""Turn what is known of a session into lines of styled text.

Everything here is a pure function or a plain value: text and a width go in, lines come out. No line is wider than
the width it was made for, all outside text is made printable, and nothing in it is ever read as markup.
"""

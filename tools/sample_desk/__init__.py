"""The maker of the sample desk: one fact sheet, and everything the desk holds derived from it.

`facts` declares, `model` derives, the other modules only lay out. A figure that appears in a statement, or in more than
one place, is a field of a template and never typed into it, so the desk contradicts itself only where it is meant to.
"""

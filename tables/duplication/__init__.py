"""Duplicating a column: what its copy is and how its cells get there (cells), the change itself (duplicate). Undo takes the
column away with what is in it, and redo brings it back so (tables/undo.py).
"""

"""Changing a column's kind: what becomes of a value (values), of cells in a write (cells), what it would do (preview), the
change itself (change). Undo is in tables/column_changes.py.
"""

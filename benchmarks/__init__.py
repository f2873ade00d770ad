"""`bin/bench`: every promise of docs/design.md that exists so far, beside its measurement."""

"""`bin/bench`: every promise beside its measurement."""

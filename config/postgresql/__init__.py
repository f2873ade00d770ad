"""Django's PostgreSQL back end with a cheaper look at whether a connection still stands; `base` is the name Django asks for."""

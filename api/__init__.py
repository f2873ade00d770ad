"""The REST API: what a person does in the grid, for programs. docs/api.md tells how it is used."""

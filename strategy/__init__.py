"""strategy room."""

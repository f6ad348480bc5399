"""engine/commands room."""

"""engine/plugins room."""

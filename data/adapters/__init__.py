"""data/adapters room."""

"""bot/ui room."""

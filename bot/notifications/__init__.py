"""bot/notifications room."""

"""bot/executor room."""

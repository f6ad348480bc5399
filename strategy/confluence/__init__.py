"""strategy/confluence room."""

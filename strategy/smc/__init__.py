"""strategy/smc room."""

"""strategy/planner room."""

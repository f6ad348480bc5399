"""indicators room."""

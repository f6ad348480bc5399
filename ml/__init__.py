"""ml room."""

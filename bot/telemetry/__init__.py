"""bot/telemetry room."""

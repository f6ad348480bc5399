"""What every exchange adapter is held to: ``python -m pytest tests/conformance`` (see docs/adapters.md)."""

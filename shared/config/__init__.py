"""Profiles and settings: strict, layered, with the origin of every value."""

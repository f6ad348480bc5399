"""Measurements against named peers in the same run. They print figures and never fail by the clock."""

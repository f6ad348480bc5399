"""Judgements on what was measured of this machine: pure, one idea a module. What measures stands in ``commands``."""

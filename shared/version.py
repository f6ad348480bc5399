"""The version, part of every run's id."""

from typing import Final

VERSION: Final = "0.1.0"

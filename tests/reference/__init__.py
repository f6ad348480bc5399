"""A second reading of the market's structure, written for clarity alone: what the fast one is held against."""

"""The indicators room: kernels behind a registry, computed in one pass per series."""

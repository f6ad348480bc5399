"""Utilities every room shares: kernels, the error policy, canonical serialization."""

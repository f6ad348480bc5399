"""Packages of third parties: found through entry points, held to their contract, registered by name."""

"""The workshop: tools for those who build SniperSight."""

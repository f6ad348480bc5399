"""What becomes of the setups that were decided: followed on later candles, recorded, told, and counted."""

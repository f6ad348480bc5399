"""What every candle store is held to."""

"""The data room: exchanges, the candle store, derivation and what a scan reads of them."""

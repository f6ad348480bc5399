"""Smart Money Concepts, causal: computed once per series as an append-only event log, read as of any bar."""

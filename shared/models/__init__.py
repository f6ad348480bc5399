"""The nouns: frozen values that refuse nonsense at birth and hold no behaviour but views of themselves."""

"""The pipeline over history: the same stages read as of every close, one portfolio pass, and what became of every setup."""

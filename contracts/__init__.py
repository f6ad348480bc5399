"""The verbs: Protocols whose docstrings state laws, and the inert hook marker."""

"""The ml room: features of a scored context, and a model's adjustment through a hook."""

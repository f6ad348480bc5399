"""What a notebook is given: the event log as a frame, and results that show themselves as tables."""

"""Checks of the detectors on candles of one's own: does anything repaint, and does a rate differ from chance's."""

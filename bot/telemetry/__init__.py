"""What the scanner says about itself: typed events, structured log lines, nothing secret in either."""

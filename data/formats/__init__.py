"""Layouts of candle files: names, rows and their rules, one module a layout; ``table.py`` lists them."""

"""Messages about plans and the channels that take them."""

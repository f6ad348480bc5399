"""From approved setups to orders, as values: nothing is sent."""

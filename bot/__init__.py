"""The bot room: what leaves for people and machines. Its four parts do not know each other."""

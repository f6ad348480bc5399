"""What people and machines are shown: documents for machines, tables, cards and words for people."""

"""Named market situations with their whole outcome: ``python -m devtools.scenarios`` lists them, ``--refresh`` keeps anew."""

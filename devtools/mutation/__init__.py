"""Mutation testing of sizing, exposure, gates and outbox: small faults put into the code one by one, and what the tests say to each."""

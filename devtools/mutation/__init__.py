"""Mutation testing of sizing, exposure and gates: small faults put into the code one by one, and what the tests say to each."""

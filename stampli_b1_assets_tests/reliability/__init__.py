"""Real processes that are killed, faults of SAP at every moment, and what must be true afterwards."""

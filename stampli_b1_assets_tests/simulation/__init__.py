"""Whole weeks in one process on a virtual clock, drawn from a seed, with invariants after each step."""

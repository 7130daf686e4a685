"""One cycle, step by step, as plain functions: discover, take, read, sync partners, post, summarise.

What belongs here: the order of things, and every decision that needs more than one of Stampli's side, SAP's side,
accounting and ledger. What does not: Dagster (`defs` wraps these functions as assets), rules of accounting, SQL, wires.
The command line, the assets and the simulated weeks of the tests all run these same functions.
"""

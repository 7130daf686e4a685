"""The map from Stampli's documents to SAP's entries: pure functions over frozen values.

What belongs here: mappings, rules, dates and periods, identity, the making and comparing of entries. What does not:
network, ledger, Dagster, and any memory of what happened before. Only `load_mappings` touches the disk.
"""

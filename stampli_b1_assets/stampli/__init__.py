"""Stampli's side: the SFTP server, landing, layouts, and readers of what its files hold.

What belongs here: everything that knows bytes, names and columns of Stampli's files. What does not: what a value means
for SAP (accounting), what was seen before (ledger), Dagster.
"""

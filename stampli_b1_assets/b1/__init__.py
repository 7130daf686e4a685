"""SAP's side: sessions and requests of the Service Layer, and what is read from and written to it.

What belongs here: everything that knows OData, SAP's property names, codes and habits. What does not: which invoice is
to be posted (pipeline), what an entry looks like (accounting), what was posted before (ledger), Dagster.
Sources named in docstrings: "guide" is SAP's "Working with SAP Business One Service Layer"; "seen live" is what
somebody published of a real server.
"""

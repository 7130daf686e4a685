"""The vocabulary that all parts share: frozen values without I/O.

What belongs here: invoices, vendors, payments, journal entries, outcomes, reference data, money.
What does not: reading, mapping, posting, storing, and anything of Dagster, polars, SAP's or Stampli's wire.
"""

"""Approved invoices, vendors and payments from Stampli into SAP Business One, as Dagster assets."""

__version__ = "0.1.0"

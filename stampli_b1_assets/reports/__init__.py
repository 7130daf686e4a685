"""What people read: cycle summaries, holds by cause, plans, checks, evidence, reconciliations.

What belongs here: turning documents into sentences, tables and pages. What does not: finding anything out, or deciding.
"""

"""A simulator of SAP Business One's Service Layer that is never kinder than SAP.

One company in SQLite, so that change sets are real transactions; both OData dialects; SAP's codes and words where they
are known. It shares no code with the client that it tests.
"""

"""Our memory: what was seen, what became of it, what was sent to SAP, who decided, and a trail that shows tampering.

What belongs here: the tables, their migrations, and one module per subject that reads and writes them; `ledger.Ledger`
is the door. SQLite and PostgreSQL behave alike.
What does not: deciding anything about an invoice, talking to SAP or Stampli, and wording for people.
SAP stays the truth about what is posted; a lost ledger is filled again from SAP by key.
"""

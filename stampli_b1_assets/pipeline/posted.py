"""What the ledger says is in SAP, for people who want to see it at a glance."""

from typing import Any

from stampli_b1_assets.pipeline.workplace import Workplace


def posted_document(workplace: Workplace) -> dict[str, Any]:
    """Every invoice that stands in SAP, in the order in which they came; amounts as they were brought last."""
    records = [record for record in workplace.ledger.invoices.all() if record.posted_hash and record.jdt_num]
    return {
        "company": workplace.settings.company,
        "posted": [
            {
                "id": record.stampli_id,
                "number": record.number,
                "type": record.type,
                "vendor_id": record.vendor_id,
                "currency": record.currency,
                "amount": None if record.amount is None else format(record.amount, "f"),
                "posting_date": record.posting_date.isoformat() if record.posting_date else None,
                "jdt_num": record.jdt_num,
                "doc_number": record.doc_number,
            }
            for record in records
        ],
    }

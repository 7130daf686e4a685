"""The whole story of one invoice, for a person who has to prove it."""

from collections.abc import Iterator, Mapping
from typing import Any


def lines(story: Mapping[str, Any]) -> Iterator[str]:
    """Plain text: where it stands, its files, its contents, requests and answers, decisions, the trail."""
    invoice = story["invoice"] or story["payment"] or {}
    yield f"Invoice {story['id']} ({invoice.get('number', '')}) of {story['company']}"
    yield f"Outcome: {invoice.get('outcome', 'never counted')}"
    if invoice.get("jdt_num"):
        where = f"journal entry {invoice.get('doc_number')} (JdtNum {invoice.get('jdt_num')})"
        yield f"In SAP: {where}, posted on {invoice.get('posting_date')}, key {invoice.get('key')}"
    for hold in invoice.get("holds") or []:
        yield f"  {hold['reason']}: {hold['detail']} {hold['action']}"
    for file in story["files"]:
        yield f"File: {file.get('name')} (SHA-256 {file.get('sha256')}), taken {file.get('taken_at')}"
    for version in story["versions"]:
        yield from _version(version)
    for intent in story["intents"]:
        answer = intent.get("answer") or "no answer yet"
        yield f"Request of {intent.get('written_at')} ({intent.get('mode')}, {intent.get('kind')}): {answer}"
        yield f"  request SHA-256 {intent.get('request_sha256')}, answer SHA-256 {intent.get('response_sha256')}"
    for decision in story["decisions"]:
        yield f"Decision of {decision['by']} at {decision['at']}: {decision['action']}. {decision['note']}"
    for record in story["audit"]:
        yield f"  {record['sequence']:>6} {record['at']} {record['event']} by {record['who']}"


def _version(version: Mapping[str, Any]) -> Iterator[str]:
    content = version.get("content") or {}
    yield f"Content brought by {version.get('file_name')}, row {version.get('row')}, at {version.get('brought_at')}:"
    approver = content.get("authorized_by") or "nobody named"
    total, when = f"{content.get('total')} {content.get('currency')}", content.get("authorized_at")
    yield f"  {total}, approved by {approver} at {when}"
    for line in content.get("lines") or []:
        codes = " ".join(filter(None, (line.get("department"), line.get("project"), line.get("location"))))
        yield f"  line {line.get('number')}: {line.get('gl_account')} {line.get('amount')} {codes} {line.get('memo')}"

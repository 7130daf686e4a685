"""The whole story of one invoice, payment or vendor, for a person who has to prove it: as text, and as a page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from stampli_b1_assets.domain.money import fixed
from stampli_b1_assets.reports.hanging import Hanging
from stampli_b1_assets.reports.pages import page_of
from stampli_b1_assets.reports.words import Document, money

_PLACES = ("name", "sha256", "size", "taken_at")


@dataclass(frozen=True)
class Section:
    """A heading with its sentences."""

    title: str
    lines: tuple[str, ...]


def render(document: Document) -> RenderableType:
    """For a terminal or a text file; headings as Markdown has them."""
    parts: list[RenderableType] = [Hanging("", f"# {title(document)}", style="bold")]
    for section in sections(document):
        parts += [Text(""), Text(f"## {section.title}", style="bold"), *(Hanging("- ", line) for line in section.lines)]
    return Group(*parts)


def page(document: Document) -> str:
    """One HTML page without any outside resource."""
    return page_of("evidence.html", title=title(document), sections=sections(document))


def title(document: Document) -> str:
    """`Invoice FG-3391 (Stampli id 7710001) of linden`."""
    invoice = document["invoice"]
    if invoice:
        return f"Invoice {invoice['number']} (Stampli id {document['id']}) of {document['company']}"
    if document["vendor"] and not document["payment"]:
        return f"Vendor {document['id']} {document['vendor']['name']}".rstrip() + f" of {document['company']}"
    return f"{'Payment' if document['payment'] else 'Document'} {document['id']} of {document['company']}"


def sections(document: Document) -> list[Section]:
    """Where it stands, its files and contents, the mapping used, entries, requests, decisions, the trail."""
    found = [Section(title, tuple(lines(document))) for title, lines in _SECTIONS]
    return [section for section in found if section.lines]


def _standing(document: Document) -> Iterator[str]:
    record = document["invoice"] or document["payment"] or document["vendor"] or {}
    outcome = str(record.get("outcome") or "never counted").replace("_", " ")
    amount = record.get("amount")
    yield outcome + (f", {money(amount, record['currency'])}" if amount is not None else "")
    if record.get("jdt_num"):
        numbers = f"journal entry {record['doc_number']} (JdtNum {record['jdt_num']})"
        yield f"in SAP: {numbers}, posted on {record['posting_date']}, key {record['key']}"
    if record.get("is_reversed"):
        undoing = [one["jdt_num"] for one in document["intents"] if one["kind"] == "reversal" and one["jdt_num"]]
        yield "voided in Stampli, and reversed in SAP" + (f" by the entry with JdtNum {undoing[-1]}" if undoing else "")
    for hold in record.get("holds") or ():
        yield f"{hold['reason']}: {hold['detail']} {hold['action']}".strip()
    if record.get("card_code"):
        yield f"in SAP: business partner {record['card_code']}"
    yield from record.get("notes") or ()


def _files(document: Document) -> Iterator[str]:
    for file in document["files"]:
        name, sha256, size, taken = (file[place] for place in _PLACES)
        yield f"{name}, {size:,} bytes, SHA-256 {sha256}, taken {_moment(taken)}"


def _contents(document: Document) -> Iterator[str]:
    seen: set[str] = set()
    for version in document["versions"]:
        content = version["content"] or {}
        where = f"{version['file_name']} row {version['row']}, {_moment(version['brought_at'])}"
        if version["content_hash"] in seen:
            yield f"{where}: the same content again, status {content.get('status')}"
            continue
        seen.add(version["content_hash"])
        yield f"{where}: {content.get('type')} {content.get('number')} of {content.get('vendor_name')}"
        yield from _content(content)


def _content(content: Document) -> Iterator[str]:
    approver = content.get("authorized_by") or "nobody named"
    when = f" at {_moment(content['authorized_at'])}" if content.get("authorized_at") else ""
    yield f"approved in Stampli by {approver}{when}; status {content.get('status')}"
    dates = ("invoice_date", "due_date", "posting_date")
    told = ", ".join(f"{name.replace('_', ' ')} {content[name]}" for name in dates if content.get(name))
    yield f"total {_amount(content, 'total')}, tax {_amount(content, 'tax')}; {told}"
    if content.get("url"):
        yield f"in Stampli: {content['url']}"
    for line in content.get("lines") or ():
        codes = " ".join(line[name] for name in ("department", "project", "class_", "location") if line.get(name))
        tax = f", tax {line['tax_code']}" if line.get("tax_code") else ""
        memo = f" – {line['memo']}" if line.get("memo") else ""
        amount = _amount({**line, "currency": content.get("currency", "")}, "amount")
        yield f"line {line['number']}: {line['gl_account']} {amount}{f' ({codes})' if codes else ''}{tax}{memo}"


def _amount(row: Document, name: str) -> str:
    value = row.get(name)
    return "none" if value is None else money(value, row.get("currency", ""))


def _mapping(document: Document) -> Iterator[str]:
    """As the newest record has it that has any."""
    traces = [record["data"]["trace"] for record in document["audit"] if record["data"].get("trace")]
    yield from traces[-1] if traces else ()


def _entries(document: Document) -> Iterator[str]:
    newest = {intent["key"]: intent for intent in document["intents"] if intent["payload"]}
    for intent in newest.values():
        entry = intent["payload"]
        number = f", JdtNum {intent['jdt_num']}" if intent["jdt_num"] else ""
        dates = f"posted on {entry['reference_date']}, document {entry['tax_date']}, due {entry['due_date']}"
        yield f"{intent['kind']} “{entry['memo']}”{number}: {dates}; key {intent['key']}"
        for line in entry["lines"]:
            yield _entry_line(line, entry["decimals"], entry["fc_decimals"])


def _entry_line(line: Document, decimals: int, fc_decimals: int) -> str:
    """A foreign amount first, as it stands in Stampli, then the local one; each with its currency's decimals."""
    foreign = line["fc_currency"]
    side = "debit" if (line["fc_debit"] or line["debit"]) is not None else "credit"
    told = (
        [money(fixed(Decimal(line[f"fc_{side}"]), fc_decimals), foreign)]
        if foreign and line[f"fc_{side}"] is not None
        else []
    )
    if line[side] is not None:
        told.append(money(fixed(Decimal(line[side]), decimals)) + (" in local currency" if foreign else ""))
    coding = " ".join([*line["dimensions"].values(), line["project_code"]]).strip()
    told_coding = f" ({coding})" if coding else ""
    return f"{line['account_code'] or line['card_code']}: {side} {' = '.join(told) or 'nothing'}{told_coding}"


def _requests(document: Document) -> Iterator[str]:
    for intent in document["intents"]:
        answer = intent["answer"] or "no answer on record"
        said = f" ({intent['code']}: {intent['text']})" if intent["code"] or intent["text"] else ""
        yield f"{_moment(intent['written_at'])}, {intent['kind']}, {intent['mode']}: {answer}{said}"
        if intent["request_sha256"]:
            yield f"SHA-256 of the request {intent['request_sha256']}, of the answer {intent['response_sha256']}"


def _decisions(document: Document) -> Iterator[str]:
    for decision in document["decisions"]:
        state = "" if decision["is_effective"] else " (waited for a second person)"
        yield f"{_moment(decision['at'])}, {decision['by']}: {decision['action']}{state}. {decision['note']}"


def _trail(document: Document) -> Iterator[str]:
    for record in document["audit"]:
        yield f"{record['sequence']}, {_moment(record['at'])}: {record['event']} by {record['who']}, {record['hash']}"
    head = document["audit_head"]
    yield f"head of the trail: {head['sequence']}:{head['hash']}"


def _moment(value: Any) -> str:
    """To the second; the document has it exactly."""
    return f"{str(value)[:19].replace('T', ' ')} UTC" if value else "–"


_SECTIONS: tuple[tuple[str, Callable[[Document], Iterator[str]]], ...] = (
    ("Where it stands", _standing),
    ("Files that brought it", _files),
    ("What they brought", _contents),
    ("Mapping used", _mapping),
    ("Entries", _entries),
    ("Requests to SAP and answers", _requests),
    ("Decisions of people", _decisions),
    ("Audit trail", _trail),
)

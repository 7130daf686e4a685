"""A layout tried on a file: what it reads row by row, what its documents come to, and what would hold them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from stampli_b1_assets.accounting.statuses import StatusKind, status_word
from stampli_b1_assets.accounting.taxes import tax_total
from stampli_b1_assets.config.models import PostingSettings
from stampli_b1_assets.domain.invoice import Invoice
from stampli_b1_assets.domain.money import ZERO, fixed, iso_decimals, significant_decimals
from stampli_b1_assets.domain.payment import Payment
from stampli_b1_assets.domain.vendor import Vendor
from stampli_b1_assets.stampli.explain import Explanation, RowReport, explain
from stampli_b1_assets.stampli.frames import invoices_from, payments_from, vendors_from
from stampli_b1_assets.stampli.kinds import FileKind
from stampli_b1_assets.stampli.layout import Layout

Document = Invoice | Vendor | Payment


@dataclass(frozen=True)
class Trial:
    """`documents`: how many invoices, vendors or payments; `amounts`: currency → their sum; `statuses`: word → number.

    The explanation's rows have the faults of whole documents too: header values that disagree, lines that stand
    twice, sums that do not make the total.
    """

    explanation: Explanation
    documents: int
    amounts: dict[str, str]
    statuses: dict[str, int]


def try_layout(path: Path, layout: Layout, settings: PostingSettings, *, zone: str) -> Trial:
    """Read a file as a cycle would, and store nothing; raises `FileRefused` as reading does."""
    explanation = explain(path, layout, zone=zone)
    documents = _documents(explanation, path.name)
    faults = list(_faults(documents))
    if not layout.is_split:
        faults += _sums(documents)
    statuses = Counter(one.status for one in documents if one.status)
    warnings = (*explanation.warnings, *_unknown_words(documents, settings))
    told = replace(explanation, rows=_with_faults(explanation, faults), warnings=warnings)
    return Trial(told, len(documents), _amounts(documents), dict(statuses.most_common()))


def _documents(explanation: Explanation, name: str) -> Sequence[Document]:
    if explanation.kind is FileKind.VENDORS:
        return vendors_from(explanation.frame, file_name=name)
    if explanation.kind is FileKind.PAYMENTS:
        return payments_from(explanation.frame, file_name=name, file_sha256="")
    return invoices_from(explanation.frame, company_code=None, file_name=name, file_sha256="")


def _faults(documents: Sequence[Document]) -> Iterator[tuple[int, str]]:
    for document in documents:
        for fault in document.faults:
            yield fault.row, fault.detail


def _sums(documents: Sequence[Document]) -> Iterator[tuple[int, str]]:
    for one in documents:
        amounts = [line.amount for line in one.lines] if isinstance(one, Invoice) else []
        if not isinstance(one, Invoice) or one.faults or one.total is None or not amounts or None in amounts:
            continue
        lines, tax = sum((amount or ZERO for amount in amounts), ZERO), tax_total(one)
        if lines + tax != one.total:
            total, net, taxed = (_shown(amount, one.currency) for amount in (one.total, lines, tax))
            name = one.stampli_id or one.number
            sentence = f"Invoice {name} totals {total}, but its lines come to {net} and its tax to {taxed}"
            yield one.lines[0].row, f"{sentence} (TOTALS_DISAGREE)."


def _with_faults(explanation: Explanation, faults: Sequence[tuple[int, str]]) -> tuple[RowReport, ...]:
    by_row: dict[int, list[str]] = {}
    for row, sentence in faults:
        by_row.setdefault(row, []).append(sentence)
    rows = []
    for one in explanation.rows:
        further = [sentence for sentence in by_row.pop(one.row, []) if sentence not in one.faults]
        rows.append(replace(one, faults=(*one.faults, *further)) if further else one)
    return tuple(rows)


def _unknown_words(documents: Sequence[Document], settings: PostingSettings) -> Iterator[str]:
    strange = Counter(
        one.status
        for one in documents
        if isinstance(one, Invoice) and one.status and status_word(one, settings) is StatusKind.UNKNOWN
    )
    for word, count in strange.items():
        yield (
            f"the status {word} ({count}) is in no list, so that these would be held UNKNOWN_STATUS: translate it in "
            "the layout's `statuses`, or name it in `posting.postable_statuses`"
        )


def _amounts(documents: Sequence[Document]) -> dict[str, str]:
    sums: dict[str, Decimal] = {}
    for one in documents:
        amount = None if isinstance(one, Vendor) else one.total if isinstance(one, Invoice) else one.amount
        if amount is not None and not isinstance(one, Vendor) and one.currency:
            sums[one.currency] = sums.get(one.currency, ZERO) + amount
    return {currency: _shown(amount, currency) for currency, amount in sums.items()}


def _shown(amount: Decimal, currency: str) -> str:
    return f"{fixed(amount, max(iso_decimals(currency), significant_decimals(amount))):f}"

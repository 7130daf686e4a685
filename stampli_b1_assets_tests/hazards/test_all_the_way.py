"""Money, dates, codes and text survive file → frame → entry → wire → SAP and back, for generated layouts and bills."""

import csv
import io
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any
from unicodedata import normalize

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stampli_b1_assets_tests.hazards.story import counts, lines

FIELDS = "stampli_id type number vendor_id invoice_date posting_date currency total status".split()
FIELDS += "line_number gl_account memo line_amount".split()
NUMBERS = count(100_000)

amounts = st.decimals(min_value=Decimal("-99999.99"), max_value=Decimal("9999999.99"), places=2).filter(bool)
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z"), max_codepoint=0xFFFF), min_size=0, max_size=12
)
codes = st.text("abcXYZ0189-/. &+", max_size=8).map(str.strip).filter(lambda text: not text.startswith("#"))


@dataclass(frozen=True)
class Written:
    """How a layout writes its values."""

    decimal: str
    thousands: str
    minus: str
    dates: str
    delimiter: str
    credit_memos: str
    order: tuple[str, ...]

    def layout(self) -> str:
        columns = {name: {"name": f"Label of {name}", "required": name != "memo"} for name in FIELDS}
        form = {
            "kind": "invoices",
            "delimiter": self.delimiter,
            "dates": self.dates,
            "credit_memos": self.credit_memos,
            "numbers": {"decimal": self.decimal, "thousands": [self.thousands] if self.thousands else []}
            | {"minus": self.minus},
            "columns": columns,
        }
        return yaml.safe_dump({"name": "generated", "forms": [form]})

    def money(self, amount: Decimal) -> str:
        whole, _, fraction = f"{abs(amount):,.2f}".partition(".")
        text = whole.replace(",", self.thousands) + self.decimal + fraction
        signed = {"front": f"-{text}", "behind": f"{text}-", "parentheses": f"({text})"}
        return signed[self.minus] if amount < 0 else text

    def day(self, day: date) -> str:
        parts = {"YYYY": f"{day.year}", "MM": f"{day.month:02}", "DD": f"{day.day:02}"}
        text = self.dates
        for part, value in parts.items():
            text = text.replace(part, value)
        return text


@dataclass(frozen=True)
class Bill:
    """One generated invoice or credit memo; `amounts` as they count, credit memos negative."""

    id: str
    number: str
    day: date
    is_credit: bool
    amounts: tuple[Decimal, ...]
    memo: str

    @property
    def total(self) -> Decimal:
        return sum(self.amounts, Decimal(0))

    def rows(self, written: Written) -> list[dict[str, str]]:
        sign = -1 if self.is_credit and written.credit_memos == "positive" else 1
        shared = {
            "stampli_id": self.id,
            "type": "Credit Memo" if self.is_credit else "Invoice",
            "number": self.number,
            "vendor_id": "V20010",
            "invoice_date": written.day(self.day),
            "posting_date": written.day(self.day),
            "currency": "USD",
            "total": written.money(sign * self.total),
            "status": "Paid Invoice",
            "gl_account": "001300",
            "memo": self.memo,
        }
        return [
            shared | {"line_number": str(place), "line_amount": written.money(sign * amount)}
            for place, amount in enumerate(self.amounts, start=1)
        ]


@st.composite
def ways(draw: Any) -> Written:
    decimal = draw(st.sampled_from([".", ","]))
    return Written(
        decimal,
        draw(st.sampled_from([sign for sign in ("", ".", ",", "'", " ") if sign != decimal])),
        draw(st.sampled_from(["front", "behind", "parentheses"])),
        draw(st.sampled_from(["YYYY-MM-DD", "DD.MM.YYYY", "MM/DD/YYYY", "YYYYMMDD"])),
        draw(st.sampled_from([",", ";", "\t", "|"])),
        draw(st.sampled_from(["negative", "positive"])),
        tuple(draw(st.permutations(FIELDS))),
    )


@st.composite
def bills(draw: Any) -> Bill:
    number = next(NUMBERS)
    of_lines = draw(st.lists(amounts, min_size=1, max_size=4).filter(sum))
    is_credit = draw(st.booleans())
    sign = -1 if (sum(of_lines) > 0) is is_credit else 1
    return Bill(
        f"I-{number}",
        f"{draw(codes)}{number}",
        draw(st.dates(date(2026, 3, 1), date(2026, 12, 31))),
        is_credit,
        tuple(sign * amount for amount in of_lines),
        draw(texts),
    )


def file_of(written: Written, brought: list[Bill]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=written.delimiter)
    writer.writerow([f"Label of {name}" for name in written.order])
    for bill in brought:
        writer.writerows([row[name] for name in written.order] for row in bill.rows(written))
    return text.getvalue().encode()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=12)
@given(written=ways(), brought=st.lists(bills(), min_size=1, max_size=6))
def test_what_a_file_says_is_what_stands_in_sap_and_is_known_again(bench, bring, configure, written, brought):
    (bench.directory / "generated.yaml").write_text(written.layout(), encoding="utf-8")
    configure("stampli", layout="generated.yaml")
    name, content = f"{brought[0].id}.csv", file_of(written, brought)
    summary = bring(name, content)
    assert summary["needs_a_person"] == []
    assert counts(summary) == {"posted": len(brought)}
    entries = {entry["Reference2"]: entry for entry in bench.entries()}
    for bill in brought:
        entry = entries[bill.id]
        assert (entry["Reference"], entry["TaxDate"], entry["ReferenceDate"]) == (bill.number, *[str(bill.day)] * 2)
        zero = Decimal(0)
        expected = [("001300", max(amount, zero), max(-amount, zero)) for amount in bill.amounts]
        expected.append(("V20010", max(-bill.total, zero), max(bill.total, zero)))
        assert sorted(lines(entry)) == sorted(expected)
        memos = {line.get("LineMemo", "") for line in entry["JournalEntryLines"] if line["AccountCode"] == "001300"}
        assert memos == {normalize("NFC", bill.memo)}
    bench.new_ledger()  # what is known again is known by what SAP says
    again = bring(f"again {name}", content + b"\r\n")
    assert counts(again) == {"already_posted": len(brought)}
    bench.folder.files.clear()

"""Tax of an invoice by tax code, and the accounts that it is posted to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from stampli_b1_assets.accounting.accounts import lacking_dimensions, mapped_account
from stampli_b1_assets.accounting.desk import Desk, Notes, dated_hint, twin_hint
from stampli_b1_assets.domain.invoice import Invoice, InvoiceLine
from stampli_b1_assets.domain.money import ZERO
from stampli_b1_assets.domain.outcome import Hold, Reason
from stampli_b1_assets.domain.reference_data import Account

_FILE = "tax_codes.csv"


@dataclass(frozen=True)
class TaxLine:
    """Tax of one code: signed amount in the invoice's currency, and its account."""

    code: str
    account: Account
    amount: Decimal


@dataclass
class Taxes:
    """The tax lines; `notes.holds` says why some of them cannot be posted, `is_whole` whether all could be made."""

    lines: list[TaxLine] = field(default_factory=list)
    notes: Notes = field(default_factory=Notes)
    is_whole: bool = True


def tax_total(invoice: Invoice) -> Decimal:
    """The header's tax; where the header has none, the sum of the lines' own."""
    return invoice.tax if invoice.tax is not None else line_tax_total(invoice.lines)


def line_tax_total(lines: Sequence[InvoiceLine]) -> Decimal:
    """The sum of `Line Tax Amount`."""
    return sum((line.tax_amount for line in lines if line.tax_amount is not None), ZERO)


def tax_by_code(invoice: Invoice) -> dict[str, Decimal]:
    """Tax by code. A header's tax belongs to the one code that the lines carry; "" where no single code says so."""
    if any(line.tax_amount is not None for line in invoice.lines):
        amounts: dict[str, Decimal] = {}
        for line in invoice.lines:
            amounts[line.tax_code] = amounts.get(line.tax_code, ZERO) + (line.tax_amount or ZERO)
    else:
        codes = _codes(invoice)
        amounts = {codes[0] if len(codes) == 1 else "": tax_total(invoice)}
    return {code: amount for code, amount in amounts.items() if amount}


def taxes(invoice: Invoice, desk: Desk) -> Taxes:
    """One tax line per code with an amount; a code without an amount makes none."""
    result = Taxes()
    for code, amount in tax_by_code(invoice).items():
        account = _account(code, desk, result.notes) if code else None
        if not code:
            result.notes.holds.append(_without_code(invoice, amount))
        if account is None:
            result.is_whole = False
        else:
            result.lines.append(TaxLine(code, account, amount))
    return result


def _codes(invoice: Invoice) -> list[str]:
    return list(dict.fromkeys(line.tax_code for line in invoice.lines if line.tax_code))


def _without_code(invoice: Invoice, amount: Decimal) -> Hold:
    naked = [line.number for line in invoice.lines if line.tax_amount and not line.tax_code]
    codes = _codes(invoice)
    if naked:
        detail = f"Line {', '.join(naked)} of invoice {invoice.number} has tax, {amount} in all, and no tax code."
        action = "Give the line a tax code in Stampli and export it again."
    elif codes:
        detail = (
            f"The tax of {amount} of invoice {invoice.number} belongs to several tax codes ({', '.join(codes)}), "
            "and nothing says how much to each."
        )
        action = "Have Stampli export the tax by line (Line Tax Amount), or use one tax code."
    else:
        detail = f"Invoice {invoice.number} has tax of {amount} and no tax code, so its account is not known."
        action = "Give its lines a tax code in Stampli and export it again."
    return Hold(Reason.UNMAPPED_TAX_CODE, detail, action, codes[0] if codes and not naked else "")


def _account(code: str, desk: Desk, notes: Notes) -> Account | None:
    row = desk.mappings.tax_account(code, desk.on)
    if row is None:
        detail = f"Tax code {code} is in no mapping, so the account for its tax is not known."
        detail += dated_hint(_FILE, (code,), desk) or twin_hint(code, desk.mappings.keys(_FILE), f"{_FILE} has")
        action = f"Add a row for {code} to {_FILE}."
        notes.holds.append(Hold(Reason.UNMAPPED_TAX_CODE, detail, action, code))
        return None
    account = mapped_account(row, desk, notes, what=f"tax code {code}")
    if account is not None:
        notes.holds += lacking_dimensions(account, set(), has_project=False)
    return account

"""Tax of an invoice by tax code, and the accounts that it is posted to."""

from dataclasses import dataclass, field
from decimal import Decimal

from stampli_b1_assets.accounting.codes import Desk, LineCodes, mapped_account
from stampli_b1_assets.domain.invoice import Invoice
from stampli_b1_assets.domain.money import ZERO
from stampli_b1_assets.domain.outcome import Hold, Reason
from stampli_b1_assets.domain.reference_data import Account


@dataclass(frozen=True)
class TaxLine:
    """Tax of one code: signed amount in the invoice's currency, and its account."""

    code: str
    account: Account
    amount: Decimal


@dataclass
class Taxes:
    """The tax lines, or the holds that say why they cannot be made."""

    lines: list[TaxLine] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)


def tax_total(invoice: Invoice) -> Decimal:
    """The header's tax; where the header has none, the sum of the lines' own."""
    if invoice.tax is not None:
        return invoice.tax
    return sum((line.tax_amount for line in invoice.lines if line.tax_amount is not None), ZERO)


def taxes(invoice: Invoice, desk: Desk) -> Taxes:
    """One tax line per code with an amount; a code without an amount makes none."""
    result = Taxes()
    by_code = _by_code(invoice, result)
    for code, amount in by_code.items():
        if amount:
            account = _account(code, desk, result)
            if account is not None:
                result.lines.append(TaxLine(code, account, amount))
    return result


def _by_code(invoice: Invoice, result: Taxes) -> dict[str, Decimal]:
    by_line = [line for line in invoice.lines if line.tax_amount is not None]
    if not by_line:
        return _of_header(invoice, result)
    amounts: dict[str, Decimal] = {}
    for line in by_line:
        tax = line.tax_amount or ZERO
        if tax and not line.tax_code:
            result.holds.append(_without_code(f"Line {line.number} has tax of {tax}"))
        else:
            amounts[line.tax_code] = amounts.get(line.tax_code, ZERO) + tax
    return amounts


def _of_header(invoice: Invoice, result: Taxes) -> dict[str, Decimal]:
    """A header tax belongs to the one code that its lines carry."""
    if not invoice.tax:
        return {}
    codes = list(dict.fromkeys(line.tax_code for line in invoice.lines if line.tax_code))
    if not codes:
        result.holds.append(_without_code(f"The invoice has tax of {invoice.tax}"))
        return {}
    if len(codes) > 1:
        detail = f"The tax of {invoice.tax} belongs to several tax codes ({', '.join(codes)}) and cannot be split."
        action = "Let Stampli export the tax by line (Line Tax Amount), or use one tax code."
        result.holds.append(Hold(Reason.UNMAPPED_TAX_CODE, detail, action, codes[0]))
        return {}
    return {codes[0]: invoice.tax}


def _without_code(what: str) -> Hold:
    action = "Give the line a tax code in Stampli."
    return Hold(Reason.UNMAPPED_TAX_CODE, f"{what}, but no tax code says where it belongs.", action)


def _account(code: str, desk: Desk, result: Taxes) -> Account | None:
    row = desk.mappings.tax_account(code, desk.on)
    if row is None:
        detail = f"Tax code {code} is in no mapping, so its account is not known."
        action = f"Add a row for {code} to tax_codes.csv."
        result.holds.append(Hold(Reason.UNMAPPED_TAX_CODE, detail, action, code))
        return None
    codes = LineCodes()
    account = mapped_account(row, desk, codes, what=f"tax code {code}")
    result.holds += codes.holds
    result.trace += codes.trace
    return account

"""All rules, in the order in which they are asked."""

from stampli_b1_assets.accounting.rules import amounts, codes, currency, dates, document, tax, vendor
from stampli_b1_assets.accounting.rules.signature import Rule

RULES: tuple[Rule, ...] = (
    document.status_is_known,
    document.values_could_be_read,
    document.values_are_there,
    document.type_and_sign_agree,
    amounts.decimals_fit_currency,
    amounts.lines_and_tax_make_total,
    amounts.line_tax_makes_tax,
    vendor.supplier_can_be_posted_to,
    codes.codes_can_be_posted_to,
    codes.rounding_account_can_be_posted_to,
    tax.tax_can_be_posted,
    currency.currency_is_known,
    currency.rate_is_there,
    dates.period_is_open,
    dates.dates_are_not_absurd,
    dates.period_is_there,
    dates.dates_fit_period,
)
"""Every one is asked, so that a person sees all reasons at once; `in_order` sorts what they say for reports."""

"""`check`, `provision` and `reconcile`: the two systems, tried, prepared and compared."""

import re
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path

import click

from stampli_b1_assets.b1.provisioning import ProvisionReport
from stampli_b1_assets.b1.provisioning import provision as run_provision
from stampli_b1_assets.cli.common import (
    Document,
    Options,
    Say,
    Told,
    company_options,
    each,
    opened,
    write_file,
)
from stampli_b1_assets.config.loader import LoadedCompany
from stampli_b1_assets.domain.money import fixed, iso_decimals, significant_decimals
from stampli_b1_assets.pipeline import checking
from stampli_b1_assets.pipeline.reconciling import Reconciliation
from stampli_b1_assets.pipeline.reconciling import reconcile as run_reconcile
from stampli_b1_assets.pipeline.session import Session
from stampli_b1_assets.pipeline.workplace import Workplace
from stampli_b1_assets.reports import reconciliation, steps
from stampli_b1_assets.reports.words import visible_document


@click.command(short_help="Try everything that a cycle needs, and say what to do.")
@company_options
def check(options: Options) -> int:
    """Try everything that a cycle needs, step by step: what works, what does not, and what to do."""
    from stampli_b1_assets.defs.home import dagster_home

    def work(loaded: LoadedCompany, say: Say) -> Told:
        say(f"{loaded.settings.company}: checking")
        with checking.place(loaded, dagster_home()) as place:
            found = [asdict(step) for step in checking.check(place)]
        is_well = all(step["is_ok"] for step in found)
        return Told({"company": loaded.settings.company, "is_ok": is_well, "steps": found}, needs_a_person=not is_well)

    return each(options, work, steps.render)


@click.command(short_help="The guard against double posting: make it and prove it.")
@company_options
@click.option("--dry-run", is_flag=True, help="Only say what is missing.")
@click.option("--account", metavar="CODE", help="Account of the test entries (default: the first that takes postings).")
def provision(options: Options, account: str | None, *, dry_run: bool) -> int:
    """Create the guard table and user field in SAP, and prove them: entries of 0.01, cancelled at once."""

    def work(loaded: LoadedCompany, say: Say) -> Told:
        with opened(loaded) as workplace:
            say(f"{loaded.settings.company}: provisioning")
            report = _provisioned(workplace, account, dry_run=dry_run)
        found = [asdict(step) for step in report.steps]
        is_well = all(step.is_ok for step in report.steps)
        document = {"company": loaded.settings.company, "is_proved": report.is_proved, "steps": found}
        return Told(document, needs_a_person=not is_well)

    return each(options, work, steps.render)


def _provisioned(workplace: Workplace, account: str | None, *, dry_run: bool) -> ProvisionReport:
    """Run it, put it on record, and keep the verdict in the ledger: posting goes by it."""
    company_db, ledger = workplace.settings.b1.company_db, workplace.ledger
    with workplace.b1() as b1:
        reference = Session(workplace, b1, "provision").reference
        report = run_provision(b1, reference, account=account, dry_run=dry_run)
    if dry_run:
        return report
    told = [f"{step.name}: {step.detail}" for step in report.steps]
    with ledger.transaction():
        ledger.audit.append("provision", company_db, "service", {"is_proved": report.is_proved, "steps": told})
        if report.is_proved is not None:
            ledger.save_proof(
                company_db, is_proved=report.is_proved, detail="; ".join(told), sap_version=reference.version
            )
    return report


def _month(_: click.Context, __: click.Parameter, value: str) -> str:
    if value and not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", value):
        raise click.BadParameter(f"{value!r} is no month such as 2026-03.")
    return value


@click.command(short_help="Stampli = SAP, both ways, per currency.")
@company_options
@click.option("--month", default="", metavar="YYYY-MM", callback=_month, help="Only postings of this month.")
@click.option("--html", "html", type=click.Path(path_type=Path), metavar="FILE", help="Write the report with pictures.")
def reconcile(options: Options, month: str, html: Path | None) -> int:
    """Stampli = SAP, both ways, per currency; every difference by invoice. What is held is told as waiting."""
    pages: list[Document] = []

    def work(loaded: LoadedCompany, say: Say) -> Told:
        with opened(loaded) as workplace, workplace.b1() as b1:
            say(f"{loaded.settings.company}: comparing")
            result = run_reconcile(Session(workplace, b1, "reconcile"), month)
        document = _compared(loaded.settings.company, result)
        pages.append(visible_document(document))
        return Told(document, needs_a_person=not result.is_equal)

    code = each(options, work, reconciliation.render)
    if html is not None and pages:
        write_file(html, reconciliation.page(pages))
    return code


def _compared(company: str, result: Reconciliation) -> Document:
    totals = {
        currency: {
            "stampli": _text(sums.stampli, currency),
            "sap": _text(sums.sap, currency),
            "difference": _text(sums.stampli - sums.sap, currency),
            "waiting": _text(sums.waiting, currency),
        }
        for currency, sums in result.totals.items()
    }
    differences = [
        {
            **asdict(one),
            "in_stampli": _text(one.in_stampli, one.currency),
            "in_sap": _text(one.in_sap, one.currency),
        }
        for one in result.differences
    ]
    return {
        "company": company,
        "month": result.month,
        "posted": result.count,
        "is_equal": result.is_equal,
        "totals": totals,
        "differences": differences,
    }


def _text(amount: Decimal, currency: str) -> str:
    """With the currency's own decimals; an amount that has more keeps them."""
    return format(fixed(amount, max(iso_decimals(currency), significant_decimals(amount))), "f")

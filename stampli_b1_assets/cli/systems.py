"""`check`, `provision` and `reconcile`: the two systems, tried, prepared and compared."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import RenderableType
from rich.table import Table

from stampli_b1_assets.b1.provisioning import ProvisionReport
from stampli_b1_assets.b1.provisioning import provision as run_provision
from stampli_b1_assets.cli.common import ALL_WELL, NEEDS_A_PERSON, Output, chosen, company_options, opened
from stampli_b1_assets.pipeline.checking import check as run_check
from stampli_b1_assets.pipeline.reconciling import Reconciliation
from stampli_b1_assets.pipeline.reconciling import reconcile as run_reconcile
from stampli_b1_assets.pipeline.session import Session
from stampli_b1_assets.pipeline.workplace import Workplace
from stampli_b1_assets.reports import reconciliation


@click.command()
@company_options
def check(config_path: Path, company: str | None, is_json: bool) -> int:
    """Try everything that a cycle needs, step by step: what works, what does not, and what to do."""
    output = Output(is_json=is_json)
    documents: list[dict[str, Any]] = []
    tables: list[RenderableType] = []
    for loaded in chosen(config_path, company):
        with output.progress() as progress, opened(loaded) as workplace:
            progress(f"{loaded.settings.company}: checking")
            steps = run_check(workplace)
        documents.append({"company": loaded.settings.company, "steps": [asdict(step) for step in steps]})
        rows = [(step.name, step.is_ok, step.is_tried, step.detail, step.action) for step in steps]
        tables.append(_steps(loaded.settings.company, rows))
    output.tell(documents, tables)
    return ALL_WELL if all(step["is_ok"] for one in documents for step in one["steps"]) else NEEDS_A_PERSON


@click.command()
@company_options
@click.option("--dry-run", is_flag=True, help="Only say what is missing.")
@click.option("--account", help="Account of the test entries (default: the first that takes postings).")
def provision(config_path: Path, company: str | None, is_json: bool, dry_run: bool, account: str | None) -> int:
    """Create the guard table and user field in SAP, and prove them: entries of 0.01, cancelled at once."""
    output = Output(is_json=is_json)
    documents: list[dict[str, Any]] = []
    tables: list[RenderableType] = []
    for loaded in chosen(config_path, company):
        with output.progress() as progress, opened(loaded) as workplace:
            progress(f"{loaded.settings.company}: provisioning")
            report = _provisioned(workplace, account, dry_run=dry_run)
        steps = [asdict(step) for step in report.steps]
        documents.append({"company": loaded.settings.company, "proved": report.is_proved, "steps": steps})
        rows = [(step.name, step.is_ok, True, step.detail, step.action) for step in report.steps]
        tables.append(_steps(loaded.settings.company, rows))
    output.tell(documents, tables)
    is_well = all(step["is_ok"] for one in documents for step in one["steps"])
    return ALL_WELL if is_well else NEEDS_A_PERSON


def _provisioned(workplace: Workplace, account: str | None, *, dry_run: bool) -> ProvisionReport:
    """Run it, and keep the verdict in the ledger: posting goes by it."""
    with workplace.b1() as b1:
        reference = Session(workplace, b1, "provision").reference
        report = run_provision(b1, reference, account=account, dry_run=dry_run)
    if report.is_proved is not None:
        detail = "; ".join(f"{step.name}: {step.detail}" for step in report.steps)
        workplace.ledger.save_proof(
            workplace.settings.b1.company_db,
            is_proved=report.is_proved,
            detail=detail,
            sap_version=reference.version,
        )
    return report


@click.command()
@company_options
@click.option("--month", default="", metavar="YYYY-MM", help="Only postings of this month.")
@click.option("--html", "html", type=click.Path(path_type=Path), help="Write the report with pictures to this file.")
def reconcile(config_path: Path, company: str | None, is_json: bool, month: str, html: Path | None) -> int:
    """Stampli = SAP, both ways, per currency; every difference by invoice."""
    if month and not _is_month(month):
        raise click.BadParameter("is no month such as 2026-03", param_hint="--month")
    output = Output(is_json=is_json)
    documents: list[dict[str, Any]] = []
    tables: list[RenderableType] = []
    for loaded in chosen(config_path, company):
        with output.progress() as progress, opened(loaded) as workplace, workplace.b1() as b1:
            progress(f"{loaded.settings.company}: comparing")
            result = run_reconcile(Session(workplace, b1, "reconcile"), month)
        rows = [
            (one.stampli_id, one.number, one.currency, one.in_stampli, one.in_sap, one.detail)
            for one in result.differences
        ]
        documents.append(_document(loaded.settings.company, result))
        tables.append(reconciliation.render(month, result.count, result.totals, rows))
        if html is not None:
            text = reconciliation.page(loaded.settings.company, month, result.count, result.totals, rows)
            html.write_text(text, encoding="utf-8")
    output.tell(documents, tables)
    return NEEDS_A_PERSON if any(one["differences"] for one in documents) else ALL_WELL


def _is_month(text: str) -> bool:
    year, _, month = text.partition("-")
    return len(year) == 4 and year.isdigit() and len(month) == 2 and month.isdigit() and 1 <= int(month) <= 12


def _document(company: str, result: Reconciliation) -> dict[str, object]:
    totals = {
        currency: {"stampli": format(ours, "f"), "sap": format(theirs, "f")}
        for currency, (ours, theirs) in sorted(result.totals.items())
    }
    differences = [
        {**asdict(one), "in_stampli": format(one.in_stampli, "f"), "in_sap": format(one.in_sap, "f")}
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


def _steps(company: str, rows: list[tuple[str, bool, bool, str, str]]) -> Table:
    table = Table(title=company, title_justify="left", box=None, pad_edge=False)
    for name in ("", "Step", "Found", "What to do"):
        table.add_column(name, overflow="fold")
    for name, is_ok, is_tried, detail, action in rows:
        sign = "[green]ok[/]" if is_ok else ("[red]no[/]" if is_tried else "[dim]–[/]")
        table.add_row(sign, name, detail, action)
    return table

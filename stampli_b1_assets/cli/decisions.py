"""`held`, `release` and `evidence`: what waits for people, what they decide, and the story of one invoice."""

from collections.abc import Iterator
from pathlib import Path

import click
from rich.console import Group, RenderableType
from rich.text import Text

from stampli_b1_assets.cli.common import ALL_WELL, NEEDS_A_PERSON, Output, chosen, company_options, opened
from stampli_b1_assets.config.loader import LoadedCompany
from stampli_b1_assets.errors import DecisionRefused
from stampli_b1_assets.ledger.records import FileState
from stampli_b1_assets.pipeline.deciding import ACTIONS
from stampli_b1_assets.pipeline.deciding import release as run_release
from stampli_b1_assets.pipeline.workplace import Workplace
from stampli_b1_assets.reports import evidence as story
from stampli_b1_assets.reports.causes import Cause, Waiting, by_cause


@click.command()
@company_options
def held(config_path: Path, company: str | None, is_json: bool) -> int:
    """What is held, grouped by cause: the money behind each, and the action that releases it."""
    output = Output(is_json=is_json)
    documents, renderables = [], []
    for loaded in chosen(config_path, company):
        with opened(loaded) as workplace:
            causes = by_cause(_waiting(workplace))
        documents.append({"company": loaded.settings.company, "causes": [cause.document() for cause in causes]})
        renderables.append(_shown(loaded.settings.company, causes))
    output.tell(documents, [*renderables])
    return NEEDS_A_PERSON if any(one["causes"] for one in documents) else ALL_WELL


def _waiting(workplace: Workplace) -> Iterator[Waiting]:
    ledger = workplace.ledger
    for record in ledger.files.all().values():
        if record.state == FileState.REFUSED:
            action = "Have the file exported again, or correct the layout; this one stays in landing."
            yield Waiting("file", record.name, "refused", record.reason, "", record.detail, action)
    for invoice in ledger.invoices.open():
        hold = invoice.holds[0]
        yield Waiting(
            "invoice", invoice.stampli_id, invoice.outcome, str(hold.reason), hold.code, hold.detail, hold.action,
            invoice.currency, invoice.amount,
        )  # fmt: skip
    for vendor in ledger.vendors.open():
        hold = vendor.holds[0]
        yield Waiting(
            "vendor", vendor.subject_id, vendor.outcome, str(hold.reason), hold.code, hold.detail, hold.action
        )
    for payment in ledger.payments.open():
        hold = payment.holds[0]
        yield Waiting(
            "payment", payment.payment_id, payment.outcome, str(hold.reason), hold.code, hold.detail, hold.action,
            payment.currency, payment.amount,
        )  # fmt: skip


def _shown(company: str, causes: list[Cause]) -> RenderableType:
    if not causes:
        return Text(f"{company}: nothing is held.", style="green")
    parts: list[RenderableType] = [Text(company, style="bold")]
    for cause in causes:
        parts.append(Text(cause.sentence, style="yellow"))
        parts += [Text(f"  {id_}: {detail}") for id_, detail in zip(cause.ids, cause.details, strict=True)]
        parts.append(Text(f"  → {cause.action}"))
    return Group(*parts)


@click.command()
@company_options
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.option("--action", type=click.Choice(ACTIONS), required=True, help="What is decided.")
@click.option("--by", required=True, help="Who decides.")
@click.option("--note", required=True, help="Why; it goes into the audit trail.")
def release(
    config_path: Path, company: str | None, is_json: bool, ids: tuple[str, ...], action: str, by: str, note: str
) -> int:
    """Take a decision on held or conflicting invoices; it takes effect in the next sync.

    Actions named in approvals.second_person wait until a second, different person has said the same.
    """
    output = Output(is_json=is_json)
    with opened(_one(config_path, company)) as workplace:
        decided = run_release(workplace, ids, action, by=by, note=note)
    documents = [{"id": one.stampli_id, "action": one.action, "is_effective": one.is_effective} for one in decided]
    lines = [
        Text(
            f"{one.stampli_id}: {one.action} takes effect in the next sync."
            if one.is_effective
            else f"{one.stampli_id}: {one.action} is noted and waits for a second person to say the same."
        )
        for one in decided
    ]
    output.tell([documents], [*lines])
    return ALL_WELL if all(one.is_effective for one in decided) else NEEDS_A_PERSON


@click.command()
@company_options
@click.argument("id_", metavar="ID")
def evidence(config_path: Path, company: str | None, is_json: bool, id_: str) -> int:
    """Everything known of one invoice: file and hash, lines, requests and answers, who approved it, the entry."""
    output = Output(is_json=is_json)
    with opened(_one(config_path, company)) as workplace:
        found = workplace.ledger.evidence_of(id_)
    if not found["is_known"]:
        raise DecisionRefused(f"No invoice {id_} was ever seen.", "Give the Stampli Invoice ID.")
    output.tell([found], [Text(line) for line in story.lines(found)])
    return ALL_WELL


def _one(config_path: Path, company: str | None) -> LoadedCompany:
    companies = chosen(config_path, company)
    if len(companies) > 1:
        raise click.UsageError("There are several companies: name one with --company.")
    return companies[0]

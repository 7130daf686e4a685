"""`held`, `release` and `evidence`: what waits for people, what they decide, and the story of one invoice."""

import getpass
from pathlib import Path

import click

from stampli_b1_assets.cli.common import Options, Say, Told, company_options, each, opened, require_one, write_file
from stampli_b1_assets.config.loader import LoadedCompany
from stampli_b1_assets.errors import DecisionRefused
from stampli_b1_assets.pipeline.deciding import ACTIONS
from stampli_b1_assets.pipeline.deciding import release as run_release
from stampli_b1_assets.pipeline.waiting import held_document
from stampli_b1_assets.reports import causes, trail
from stampli_b1_assets.reports import evidence as story
from stampli_b1_assets.reports.words import visible_document


@click.command(short_help="What waits, by cause, with its money and the remedy.")
@company_options
def held(options: Options) -> int:
    """What is held, grouped by cause: the money behind each, and the action that releases it."""

    def work(loaded: LoadedCompany, _: Say) -> Told:
        with opened(loaded) as workplace:
            document = held_document(workplace)
        return Told(document, needs_a_person=bool(document["causes"]))

    return each(options, work, causes.held)


@click.command(short_help="A person's decision on what is held or in conflict.")
@company_options
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.option("--action", type=click.Choice(ACTIONS), required=True, help="What is decided.")
@click.option("--by", required=True, metavar="NAME", help="Who decides.")
@click.option("--note", required=True, metavar="TEXT", help="Why; it goes into the audit trail.")
def release(options: Options, ids: tuple[str, ...], action: str, by: str, note: str) -> int:
    """Take a decision on what is held or in conflict, by the ids that `held` lists; it takes effect in the next sync.

    \b
    retry               try again, now that its cause is mended
    ignore              do not post it; of a posted one, keep the entry as it is
    post-anyway         a probable duplicate that is none
    reverse-and-repost  undo the posted entry, and post the new content

    Actions named in approvals.second_person wait until a second, different person has said the same. Who approved an
    invoice in Stampli may not release it.
    """  # noqa: D301 - click's mark for a paragraph that keeps its lines
    require_one(options)

    def work(loaded: LoadedCompany, _: Say) -> Told:
        with opened(loaded) as workplace:
            decided = run_release(workplace, ids, action, by=by, note=note, login=_login())
        document = {
            "company": loaded.settings.company,
            "decisions": [
                {"id": one.stampli_id, "action": one.action, "is_effective": one.is_effective} for one in decided
            ],
        }
        return Told(document, needs_a_person=not all(one.is_effective for one in decided))

    return each(options, work, trail.decided)


def _login() -> str:
    """Who runs the command, as the operating system says; a container may not know."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


@click.command(short_help="Everything known of one invoice, payment or vendor.")
@company_options
@click.argument("id_", metavar="ID")
@click.option("--html", "html", type=click.Path(path_type=Path), metavar="FILE", help="Write it as a page, too.")
def evidence(options: Options, id_: str, html: Path | None) -> int:
    """Everything known of one invoice, payment or vendor.

    File and hash, lines, mapping, requests and answers, approver, entry.

    ID is the Stampli Invoice ID, the Payment ID or the Vendor ID.
    """
    require_one(options)

    def work(loaded: LoadedCompany, _: Say) -> Told:
        with opened(loaded) as workplace:
            found = workplace.ledger.evidence_of(id_)
        if not found["is_known"]:
            raise DecisionRefused(f"Nothing with the id {id_} was ever seen.", "Give the Stampli Invoice ID.")
        if html is not None:
            write_file(html, story.page(visible_document(found)))
        return Told(found)

    return each(options, work, story.render)

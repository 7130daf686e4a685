"""`check`: everything that a cycle needs, tried one by one, with what to do about what does not work."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import apprise

from stampli_b1_assets.b1.company import B1
from stampli_b1_assets.b1.guard import FIELD, FIELD_TABLE, TABLE
from stampli_b1_assets.b1.poster import PostingMode
from stampli_b1_assets.domain.reference_data import ReferenceData
from stampli_b1_assets.errors import StampliB1Error
from stampli_b1_assets.pipeline.session import Session
from stampli_b1_assets.pipeline.workplace import Workplace

_MODES = {
    PostingMode.GUARDED: "guarded: SAP's own database refuses a second posting",
    PostingMode.UNPROVED: "the guard is there, but unproved here",
    PostingMode.FALLBACK: "without the guard: look-up, intent, post, read back",
    PostingMode.UNMARKED: "without guard and user field: invoices are looked up by their Stampli id",
}


@dataclass(frozen=True)
class Step:
    """One step; `action` says what to do when it is not ok. `is_tried` is false after a failure that it hangs on."""

    name: str
    is_ok: bool
    detail: str
    action: str = ""
    is_tried: bool = True


def check(workplace: Workplace) -> list[Step]:
    """Every step, in order; an unreachable system is a step that did not pass."""
    return [*_own_side(workplace), *_stampli_side(workplace), *_sap_side(workplace)]


def _step(name: str, trial: Callable[[], str]) -> Step:
    try:
        return Step(name, is_ok=True, detail=trial())
    except StampliB1Error as error:
        return Step(name, is_ok=False, detail=error.message, action=error.remedy)


def _not_tried(*names: str) -> list[Step]:
    return [Step(name, is_ok=False, detail="not tried", is_tried=False) for name in names]


def _own_side(workplace: Workplace) -> Iterator[Step]:
    yield Step("configuration", is_ok=True, detail=workplace.company.config_file.name)
    yield Step("layout", is_ok=True, detail=workplace.layout.name)
    yield _step("mappings", lambda: f"version {workplace.mappings().fingerprint[:12]}")
    yield _step("ledger", lambda: f"audit trail of {workplace.ledger.audit.head().sequence} records")
    yield _landing(workplace)
    yield _alerts(workplace)


def _landing(workplace: Workplace) -> Step:
    root = workplace.landing.root
    try:
        root.mkdir(parents=True, exist_ok=True)
        probe = root / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        action = "Correct `landing_dir`, or give the user the right to write there."
        return Step("landing", is_ok=False, detail=f"{root} cannot be written to: {error.strerror}.", action=action)
    return Step("landing", is_ok=True, detail=str(root))


def _alerts(workplace: Workplace) -> Step:
    urls = workplace.settings.alerts
    bad = [place for place, url in enumerate(urls, start=1) if not apprise.Apprise().add(url)]
    if bad:
        detail = f"Alert {', '.join(map(str, bad))} of {len(urls)} is no address that Apprise knows."
        return Step("alerts", is_ok=False, detail=detail, action="Correct `alerts`.")
    return Step("alerts", is_ok=True, detail=f"{len(urls)} addresses" if urls else "none configured")


def _stampli_side(workplace: Workplace) -> list[Step]:
    names = ("SFTP login and host key", "outbound folder", "inbound folder")
    stampli = workplace.stampli()
    try:
        stampli.__enter__()
    except StampliB1Error as error:
        return [Step(names[0], is_ok=False, detail=error.message, action=error.remedy), *_not_tried(*names[1:])]
    with stampli:
        settings = workplace.settings.stampli
        return [
            Step(names[0], is_ok=True, detail=f"{settings.username} at {settings.host}:{settings.port}"),
            _step(names[1], lambda: f"{settings.outbound_dir}: {len(stampli.list_outbound())} files"),
            _step(names[2], lambda: _inbound(workplace)),
        ]


def _inbound(workplace: Workplace) -> str:
    with workplace.stampli() as stampli:
        stampli.check_inbound()
    return workplace.settings.stampli.inbound_dir


def _sap_side(workplace: Workplace) -> list[Step]:
    names = ("Service Layer login", "company", "posting periods", "master data", "mappings in SAP", "guard")
    with workplace.b1() as b1:
        session = Session(workplace, b1, "check")
        try:
            b1.session.log_in()
        except StampliB1Error as error:
            return [Step(names[0], is_ok=False, detail=error.message, action=error.remedy), *_not_tried(*names[1:])]
        login = Step(names[0], is_ok=True, detail=f"version {b1.session.version}")
        try:
            reference = session.reference
        except StampliB1Error as error:
            company = Step(names[1], is_ok=False, detail=error.message, action=error.remedy)
            return [login, company, *_not_tried(*names[2:])]
        return [
            login,
            Step(names[1], is_ok=True, detail=f"{reference.company_name} ({reference.company_db})"),
            _periods(workplace, reference),
            Step(names[3], is_ok=True, detail=_counts(reference)),
            _mapped_codes(workplace, reference),
            _guard(session, b1),
        ]


def _counts(reference: ReferenceData) -> str:
    return (
        f"{len(reference.accounts)} accounts, {len(reference.partners)} partners, {len(reference.rules)} distribution "
        f"rules, {len(reference.projects)} projects, {len(reference.currencies)} currencies"
    )


def _periods(workplace: Workplace, reference: ReferenceData) -> Step:
    today = workplace.today()
    open_periods = [period for period in reference.periods if period.status.is_open]
    current = [period for period in open_periods if period.posting_from <= today <= period.posting_to]
    if current:
        return Step("posting periods", is_ok=True, detail=f"{len(open_periods)} open, {current[0].code} is today's")
    detail = f"{len(open_periods)} open, but none for today, {today}."
    return Step("posting periods", is_ok=False, detail=detail, action="Open the current posting period in SAP.")


def _mapped_codes(workplace: Workplace, reference: ReferenceData) -> Step:
    try:
        missing = list(workplace.mappings().missing_in(reference))
    except StampliB1Error as error:
        return Step("mappings in SAP", is_ok=False, detail=error.message, action=error.remedy)
    if missing:
        detail = "; ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
        action = "Correct the mappings, or create the codes in SAP."
        return Step("mappings in SAP", is_ok=False, detail=f"SAP does not have: {detail}.", action=action)
    return Step("mappings in SAP", is_ok=True, detail="every mapped code is there")


def _guard(session: Session, b1: B1) -> Step:
    state, mode = b1.guard(), session.posting_mode()
    what = f"table {TABLE}: {_yes(state.has_table)}, field {FIELD} on {FIELD_TABLE}: {_yes(state.has_field)}"
    detail = f"{what}. Posting is {_MODES[mode]}."
    action = "" if mode is PostingMode.GUARDED else "Run `stampli-b1 provision` once."
    return Step("guard", is_ok=mode is PostingMode.GUARDED, detail=detail, action=action)


def _yes(is_there: bool) -> str:
    return "there" if is_there else "missing"

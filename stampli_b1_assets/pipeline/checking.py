"""`check`: everything that a cycle needs, tried one by one, with what to do about what does not work."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import apprise

from stampli_b1_assets.b1.company import B1
from stampli_b1_assets.b1.guard import FIELD, FIELD_TABLE, TABLE
from stampli_b1_assets.b1.poster import PostingMode
from stampli_b1_assets.config.loader import LoadedCompany, landing_dir
from stampli_b1_assets.domain.reference_data import ReferenceData
from stampli_b1_assets.errors import LedgerUnusable, StampliB1Error
from stampli_b1_assets.ledger.ledger import Ledger
from stampli_b1_assets.pipeline.mapped_codes import faulty_rows
from stampli_b1_assets.pipeline.session import Session
from stampli_b1_assets.pipeline.watching import CROWD_ACTION, SILENCE_ACTION, crowd, silence
from stampli_b1_assets.pipeline.workplace import Workplace
from stampli_b1_assets.stampli.landing import Landing
from stampli_b1_assets.stampli.layout import load_layout
from stampli_b1_assets.stampli.sftp import StampliSftp

_MODES = {
    PostingMode.GUARDED: "proved: SAP's own database refuses a second posting",
    PostingMode.UNPROVED: "not proved here yet: every entry is looked up before it would be sent again",
    PostingMode.FALLBACK: "not relied on: every entry is looked up, noted, posted and read back",
    PostingMode.UNMARKED: "not there: entries are looked up by the Stampli id in their second reference",
}
_PROVISION = "Run `stampli-b1 provision` at a quiet hour."
_NAMED = 5


@dataclass(frozen=True)
class Step:
    """One step; `action` says what to do when it is not ok. `is_tried` is false after a failure that it hangs on."""

    name: str
    is_ok: bool
    detail: str
    action: str = ""
    is_tried: bool = True


@dataclass(frozen=True)
class Place:
    """What `check` looks at. `ledger_fault`: why the ledger cannot be used; the workplace then has an empty one."""

    workplace: Workplace
    ledger_fault: LedgerUnusable | None = None


@contextmanager
def place(company: LoadedCompany, home: Path) -> Iterator[Place]:
    """Open a company also when its ledger cannot be used, so that everything else is tried all the same.

    Raises `LayoutError`: without a layout the configuration says nothing.
    """
    with ExitStack() as stack:
        try:
            opened = Place(stack.enter_context(_workplace(company, home)))
        except LedgerUnusable as fault:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="stampli-b1-check-"))
            opened = Place(stack.enter_context(_without_ledger(company, home, folder)), fault)
        yield opened


def _workplace(company: LoadedCompany, home: Path) -> Workplace:
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        remedy = "Set DAGSTER_HOME to a folder of yours."
        raise LedgerUnusable(f"DAGSTER_HOME {home} cannot be made: {error.strerror}.", remedy) from None
    return Workplace.open(company, home)


def _without_ledger(company: LoadedCompany, home: Path, folder: str) -> Workplace:
    layout = load_layout(company.layout, company.config_file.parent)
    empty = Ledger.open(f"sqlite:///{folder}/empty.db", company.settings.company)
    return Workplace(company, empty, Landing(landing_dir(company, home)), layout)


def check(at: Place) -> list[Step]:
    """Every step, in order; an unreachable system is a step that did not pass."""
    workplace = at.workplace
    return [*_own_side(at), *_stampli_side(workplace), *_silence(at), *_sap_side(at)]


def _step(name: str, trial: Callable[[], str]) -> Step:
    """The trial says what it found, or raises."""
    try:
        return Step(name, is_ok=True, detail=trial())
    except StampliB1Error as error:
        return _failed(name, error)


def _failed(name: str, error: StampliB1Error) -> Step:
    return Step(name, is_ok=False, detail=error.message, action=error.remedy)


def _not_tried(*names: str) -> list[Step]:
    return [Step(name, is_ok=False, detail="not tried", is_tried=False) for name in names]


# --- our own side ------------------------------------------------------------------------------------------------


def _own_side(at: Place) -> Iterator[Step]:
    workplace = at.workplace
    yield Step("configuration", is_ok=True, detail=workplace.company.config_file.name)
    yield Step("layout", is_ok=True, detail=workplace.layout.name)
    yield _step("mappings", lambda: _mappings(workplace))
    yield _failed("ledger", at.ledger_fault) if at.ledger_fault else _step("ledger", lambda: _ledger(workplace))
    yield _landing(workplace)
    yield _alerts(workplace)


def _mappings(workplace: Workplace) -> str:
    mappings = workplace.mappings()
    rows = sum(len(rows) for by_key in mappings.rows.values() for rows in by_key.values())
    return f"{_counted(rows, 'row')}, version {mappings.fingerprint[:12]}"


def _ledger(workplace: Workplace) -> str:
    """Opening a transaction that writes is enough to find a file or server that only lets itself be read."""
    with workplace.ledger.transaction():
        head = workplace.ledger.audit.head()
    return f"audit trail of {_counted(head.sequence, 'record')}"


def _landing(workplace: Workplace) -> Step:
    root = workplace.landing.root
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=root):
            pass
    except OSError as error:
        action = "Correct `landing_dir`, or give the user the right to write there."
        return Step("landing", is_ok=False, detail=f"{root} cannot be written to: {error.strerror}.", action=action)
    return Step("landing", is_ok=True, detail=str(root))


def _alerts(workplace: Workplace) -> Step:
    """Addresses hold passwords: a bad one is told by its place in the list."""
    urls = workplace.settings.alerts
    bad = [place for place, url in enumerate(urls, start=1) if not apprise.Apprise().add(url)]
    if bad:
        detail = f"Alert {', '.join(map(str, bad))} of {len(urls)} is no address that Apprise knows."
        return Step("alerts", is_ok=False, detail=detail, action="Correct `alerts`.")
    return Step("alerts", is_ok=True, detail=_counted(len(urls), "address", "addresses") if urls else "none configured")


# --- Stampli's side ----------------------------------------------------------------------------------------------


def _stampli_side(workplace: Workplace) -> list[Step]:
    names = ("SFTP login and host key", "outbound folder", "inbound folder")
    settings = workplace.settings.stampli
    with ExitStack() as stack:
        try:
            stampli = stack.enter_context(workplace.stampli())
        except StampliB1Error as error:
            return [_failed(names[0], error), *_not_tried(*names[1:])]
        return [
            Step(names[0], is_ok=True, detail=f"{settings.username} at {settings.host}, port {settings.port}"),
            _outbound(workplace, names[1], stampli),
            _step(names[2], lambda: _inbound(stampli.check_inbound, settings.inbound_dir)),
        ]


def _outbound(workplace: Workplace, name: str, stampli: StampliSftp) -> Step:
    try:
        seen = len(stampli.list_outbound())
    except StampliB1Error as error:
        return _failed(name, error)
    if crowded := crowd(workplace, seen):
        return Step(name, is_ok=False, detail=crowded, action=CROWD_ACTION)
    return Step(name, is_ok=True, detail=f"{workplace.settings.stampli.outbound_dir}: {_counted(seen, 'file')}")


def _silence(at: Place) -> list[Step]:
    """Whether new files come; what a ledger that cannot be used does not tell."""
    if at.ledger_fault:
        return _not_tried("new files")
    found = silence(at.workplace)
    if found is not None:
        return [Step("new files", is_ok=False, detail=found.sentence, action=SILENCE_ACTION)]
    last = at.workplace.ledger.files.last_taken_at()
    return [Step("new files", is_ok=True, detail=f"the last one {last:%Y-%m-%d %H:%M} UTC" if last else "none yet")]


def _inbound(look: Callable[[], None], folder: str) -> str:
    look()
    return folder


# --- SAP's side --------------------------------------------------------------------------------------------------

_SAP_STEPS = (
    "Service Layer login",
    "reference data",
    "company",
    "local currency",
    "posting periods",
    "mapped codes",
    "guard",
)


def _sap_side(at: Place) -> list[Step]:
    with at.workplace.b1() as b1:
        try:
            b1.session.log_in()
        except StampliB1Error as error:
            return [_failed(_SAP_STEPS[0], error), *_not_tried(*_SAP_STEPS[1:])]
        login = Step(_SAP_STEPS[0], is_ok=True, detail=f"version {b1.session.version}")
        try:
            reference = b1.reference_data()
        except StampliB1Error as error:
            return [login, _failed(_SAP_STEPS[1], error), *_not_tried(*_SAP_STEPS[2:])]
        return [login, *_company_side(at, b1, reference)]


def _company_side(at: Place, b1: B1, reference: ReferenceData) -> list[Step]:
    return [
        Step("reference data", is_ok=True, detail=_counts(reference)),
        _company(at.workplace, reference),
        _local_currency(at.workplace, reference),
        _periods(at.workplace, reference),
        _mapped_codes(at.workplace, reference),
        _guard(at, b1),
    ]


def _counts(reference: ReferenceData) -> str:
    return ", ".join(
        (
            _counted(len(reference.accounts), "account"),
            _counted(len(reference.partners), "partner"),
            _counted(len(reference.rules), "distribution rule"),
            _counted(len(reference.projects), "project"),
            _counted(len(reference.currencies), "currency", "currencies"),
        )
    )


def _company(workplace: Workplace, reference: ReferenceData) -> Step:
    wanted = workplace.settings.b1.company_db
    if reference.company_db.upper() == wanted.upper():
        return Step("company", is_ok=True, detail=f"{reference.company_name} ({reference.company_db})")
    detail = f"SAP opened {reference.company_name} ({reference.company_db}), not {wanted}."
    return Step("company", is_ok=False, detail=detail, action="Check `b1.service_layer_url` and `b1.company_db`.")


def _local_currency(workplace: Workplace, reference: ReferenceData) -> Step:
    wanted, found = workplace.settings.posting.local_currency, reference.local_currency
    if wanted in (None, found):
        return Step("local currency", is_ok=True, detail=found if wanted else f"{found}, read from SAP")
    detail = f"`posting.local_currency` is {wanted}, but the company keeps its books in {found}."
    action = "Correct the setting, or check that `b1.company_db` names the right company."
    return Step("local currency", is_ok=False, detail=detail, action=action)


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
        mappings = workplace.mappings()
    except StampliB1Error:
        return _not_tried("mapped codes")[0]
    faults = list(faulty_rows(mappings, reference, workplace.settings.posting, workplace.today()))
    if not faults:
        return Step("mapped codes", is_ok=True, detail="SAP has each one and posts to it today")
    details, actions = (list(dict.fromkeys(one)) for one in zip(*faults, strict=True))
    more = f" And {len(details) - _NAMED} more." if len(details) > _NAMED else ""
    return Step(
        "mapped codes", is_ok=False, detail=" ".join(details[:_NAMED]) + more, action=" ".join(actions[:_NAMED])
    )


def _guard(at: Place, b1: B1) -> Step:
    """What SAP shows, what `provision` proved, and so how entries are posted."""
    try:
        state = b1.guard()
        mode = Session(at.workplace, b1, "check").posting_mode()
    except StampliB1Error as error:
        return _failed("guard", error)
    what = f"Table {TABLE} is {_there(state.has_table)}, field {FIELD} of {FIELD_TABLE} is {_there(state.has_field)}."
    if at.ledger_fault and mode is PostingMode.UNPROVED:
        detail = f"{what} Whether it was proved stands in the ledger, which cannot be used."
        return Step("guard", is_ok=False, detail=detail, action="Mend the ledger first.")
    is_proved = mode is PostingMode.GUARDED
    return Step("guard", is_ok=is_proved, detail=f"{what} The guard is {_MODES[mode]}.", action=_mend(at, mode))


def _mend(at: Place, mode: PostingMode) -> str:
    proof = at.workplace.ledger.proof(at.workplace.settings.b1.company_db)
    if mode is PostingMode.FALLBACK and proof is not None and not proof.is_proved:
        return "Its proof failed; ask SAP's support about atomic change sets, then run `stampli-b1 provision` again."
    return "" if mode is PostingMode.GUARDED else _PROVISION


def _there(is_there: bool) -> str:
    return "there" if is_there else "missing"


def _counted(number: int, noun: str, plural: str = "") -> str:
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"

"""Every exception of the project, one class per meaning.

```
StampliB1Error
├── ConfigurationError      the company file cannot be used                     exit 2
│   ├── MappingError        a mapping file has a faulty row                     exit 2
│   └── LayoutError         a layout file cannot be used                        exit 2
├── SystemUnusable          a system that the command needs cannot be used      exit 2
│   ├── StampliUnusable     SFTP: login, host key, folder, network              exit 2
│   ├── B1Unusable          Service Layer: login, TLS, company, network         exit 2
│   ├── LedgerUnusable      the ledger's database                               exit 2
│   └── InstanceUnusable    Dagster's instance                                  exit 2
├── Unforeseen              a fault of this program, or of a library            exit 2
├── FileNotTaken            this file could not be fetched now; tried again
├── FileRefused             this file cannot be read as a whole
├── B1Refused               SAP answered 4xx: nothing happened
├── B1OutcomeUnknown        a write whose outcome is not known: look it up first
├── AlreadyCommitted        an intent for a key that SAP has already
├── LeaseHeld               another process works on this company
├── DecisionRefused         a person's decision that the rules do not allow
└── AuditBroken             the audit chain does not hold
```

Faults of single invoices are no exceptions: they are values (`domain.outcome.Hold`).
Every message is a sentence that ends with what to do next; no message holds a secret.
"""


class StampliB1Error(Exception):
    """Base of all errors of this project; `remedy` says what to do next."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.message = message
        self.remedy = remedy


class ConfigurationError(StampliB1Error):
    """The company file cannot be used; names file and key."""


class MappingError(ConfigurationError):
    """A mapping file cannot be used; names file, row and column."""


class LayoutError(ConfigurationError):
    """A layout file cannot be used; names file and key."""


class SystemUnusable(StampliB1Error):
    """A system that the command needs cannot be used; nothing was changed."""


class StampliUnusable(SystemUnusable):
    """Stampli's SFTP server cannot be used: network, host key, login or folder.

    `is_passing` tells a lost connection (worth another try) from another host key or a wrong password (never).
    """

    def __init__(self, message: str, remedy: str = "", *, is_passing: bool = False) -> None:
        super().__init__(message, remedy)
        self.is_passing = is_passing


class B1Unusable(SystemUnusable):
    """The Service Layer cannot be used: network, TLS, login, company or authorisation.

    `is_passing` tells a time-out or a 503 (worth another try) from a wrong password (never).
    """

    def __init__(self, message: str, remedy: str = "", *, is_passing: bool = False) -> None:
        super().__init__(message, remedy)
        self.is_passing = is_passing


class LedgerUnusable(SystemUnusable):
    """The ledger's database cannot be used."""


class InstanceUnusable(SystemUnusable):
    """Dagster's instance, in `DAGSTER_HOME`, cannot be used."""


class Unforeseen(StampliB1Error):
    """A fault of this program, or of a library, that nobody thought of; says where it came up."""


class FileNotTaken(StampliB1Error):
    """This file could not be fetched now (vanished, grew, cut off); it is tried again."""


class FileRefused(StampliB1Error):
    """This file cannot be read as a whole; `reason` is a `RefusalReason` value such as `BAD_HEADER`."""

    def __init__(self, reason: str, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.reason = reason


class B1Refused(StampliB1Error):
    """SAP answered 4xx with an error body: nothing happened.

    `status` is the HTTP status, `code` SAP's code as text (`"-2035"`), `text` SAP's own words.
    """

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(f"SAP refused with code {code}: {text}")
        self.status = status
        self.code = code
        self.text = text


class B1OutcomeUnknown(StampliB1Error):
    """A write was sent and its outcome is not known (time-out, reset, 5xx): look it up by key first."""


class AlreadyCommitted(StampliB1Error):
    """The ledger knows that SAP has this key: it is never written a second time."""


class LeaseHeld(StampliB1Error):
    """Another live process works on this company; wait for it or stop it."""


class DecisionRefused(StampliB1Error):
    """A person's decision (`release`) that the rules do not allow."""


class AuditBroken(StampliB1Error):
    """The audit chain does not hold; `sequence` is the number of the first bad record."""

    def __init__(self, sequence: int, message: str) -> None:
        super().__init__(message, "Keep this ledger as it is and call whoever may have changed it.")
        self.sequence = sequence

"""The settings of one company; every field is described, for `docs/configuration.md` is made from here."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    field_validator,
    model_validator,
)

SECOND_PERSON_ACTIONS = ("retry", "ignore", "post-anyway", "reverse-and-repost")


def _text_only(value: object) -> object:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise ValueError('is a number for YAML; write it in quotes, such as "999900"')
    return value


Code = Annotated[str, BeforeValidator(_text_only), StringConstraints(min_length=1)]
"""A code is text: YAML must quote it, or its leading zeros are lost before anyone can see it."""


Text = Annotated[str, StringConstraints(min_length=1)]
"""Text that is not empty."""


def _without_empty(value: object) -> object:
    """`["${SECOND_KEY:-}"]` is an empty list as long as the variable is not set."""
    return [one for one in value if one != ""] if isinstance(value, list) else value


Texts = Annotated[tuple[Text, ...], BeforeValidator(_without_empty)]
"""A list of texts; empty ones are left out."""


class Settings(BaseModel):
    """Base of all sections: unknown keys are errors, values are frozen, messages never show what was given.

    An empty value of a setting that has no default of its own counts as left out, so that `${NAME:-}` switches
    an optional setting off.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _empty_is_left_out(cls, values: object) -> object:
        if not isinstance(values, dict):
            return values
        has_default = {
            field.alias or name
            for name, field in cls.model_fields.items()
            if field.default_factory or (not field.is_required() and field.default is not None)
        }
        return {key: value for key, value in values.items() if value != "" or key in has_default}


MAX_FILE_MB = 500
"""`stampli.max_file_mb` when it is left out."""


class StampliSettings(Settings):
    """Stampli's side: the SFTP server and how its files are read."""

    host: Text = Field(description="SFTP server.")
    port: int = Field(22, ge=1, le=65535, description="SFTP port.")
    username: Text = Field(description="SFTP user.")
    password: SecretStr | None = Field(None, description="SFTP password, from the environment.")
    private_key_file: Path | None = Field(
        None, description="Private key in place of a password; relative to the configuration file."
    )
    private_key_passphrase: SecretStr | None = Field(None, description="Passphrase of the key.")
    host_keys: Texts = Field(
        (),
        description="Accepted host keys (`ssh-ed25519 AAAA…`); two during a rotation. Never learnt.",
    )
    known_hosts_file: Path | None = Field(None, description="A known_hosts file in place of `host_keys`.")
    outbound_dir: Text = Field("/outbound", description="Folder of Stampli's exports (Stampli → SAP).")
    inbound_dir: Text = Field("/inbound", description="Folder for files to Stampli (SAP → Stampli).")
    company_code: str | None = Field(
        None,
        description="When set, rows of another Company Code are not this company's and are not counted.",
    )
    layout: Text = Field("stampli_lines", description="A built-in layout's name, or the path of a layout file.")
    settle_seconds: int = Field(
        30,
        ge=0,
        description="A file is taken when its mtime is this old, or two listings this far apart agree; 0 = at once.",
    )
    poll_seconds: int = Field(900, ge=30, description="How often the sensor looks at the folder, in seconds.")
    max_file_mb: int = Field(MAX_FILE_MB, ge=1, description="Larger files (10⁶ bytes) are refused `TOO_LARGE`.")
    archive: str | None = Field(
        None,
        description="A folder on the server to rename clean files into; left out: the server is never written to.",
    )
    timeout_seconds: int = Field(30, ge=1, description="Time-out of every SFTP operation.")
    alarm_hours: int = Field(
        96, ge=0, description="An alert tells when no new file has been taken for so many hours; 0 = never."
    )
    alarm_files: int = Field(
        10_000, ge=1, description="An alert tells when so many files lie in the folder; they are taken all the same."
    )
    downloads: int = Field(4, ge=1, le=16, description="Downloads at once.")

    @model_validator(mode="after")
    def _one_way_to_log_in(self) -> Self:
        if (self.password is None) == (self.private_key_file is None):
            raise ValueError("give either `password` or `private_key_file`")
        if bool(self.host_keys) == (self.known_hosts_file is not None):
            raise ValueError("give either `host_keys` or `known_hosts_file`; host keys are always checked")
        return self


class B1Settings(Settings):
    """SAP's side: the Service Layer."""

    service_layer_url: str = Field(description="`https://host:50000/b1s/v2` (OData v4) or `…/b1s/v1`.")
    company_db: str = Field(min_length=1, description="Company database.")
    username: Text = Field(description="Service Layer user, from the environment.")
    password: SecretStr = Field(description="Service Layer password, from the environment.")
    ca_bundle: Path | None = Field(
        None,
        description="Certificate authorities (PEM); relative to the configuration file. Left out: the system's.",
    )
    verify: bool = Field(True, description="Check the server's certificate; `false` needs `allow_insecure`.")
    allow_insecure: bool = Field(False, description="Allow `verify: false`, or http:// beyond loopback.")
    timeout_seconds: float = Field(60, gt=0, allow_inf_nan=False, description="Time-out of one request.")
    max_sessions: int = Field(4, ge=1, le=32, description="Most sessions at once.")

    @field_validator("service_layer_url")
    @classmethod
    def _url_of_a_dialect(cls, url: str) -> str:
        url = url.rstrip("/")
        if not url.startswith(("http://", "https://")) or not url.endswith(("/b1s/v1", "/b1s/v2")):
            raise ValueError("is not a Service Layer address such as https://host:50000/b1s/v2")
        return url

    @model_validator(mode="after")
    def _secure_unless_told(self) -> Self:
        host = self.service_layer_url.split("/")[2].rsplit(":", 1)[0].strip("[]")
        is_loopback = host in {"localhost", "::1"} or host.startswith("127.")
        is_plain = self.service_layer_url.startswith("http://") and not is_loopback
        if (not self.verify or is_plain) and not self.allow_insecure:
            raise ValueError("`verify: false`, and http:// beyond loopback, need `allow_insecure: true`")
        return self


class RoundingSettings(Settings):
    """The rounding line."""

    account: Code = Field(description="Account of the rounding line.")
    tolerance: Decimal = Field(ge=0, description="Most that lines and total may differ by, inclusive, in text.")

    @field_validator("tolerance", mode="before")
    @classmethod
    def _exact(cls, value: object) -> object:
        if isinstance(value, float):
            raise ValueError('is a binary fraction for YAML; write it in quotes, such as "0.05"')
        return value


class DimensionSettings(Settings):
    """Which of SAP's line properties takes which of Stampli's fields."""

    department: str | None = Field("CostingCode", description="SAP's property for Department; `null`: not sent.")
    project: str | None = Field("ProjectCode", description="SAP's property for Project; `null`: not sent.")
    class_: str | None = Field("CostingCode2", alias="class", description="SAP's property for Class; `null`: not sent.")
    location: str | None = Field("CostingCode3", description="SAP's property for Location; `null`: not sent.")

    @field_validator("department", "project", "class_", "location")
    @classmethod
    def _property_of_a_line(cls, value: str | None) -> str | None:
        known = ("ProjectCode", "CostingCode", *(f"CostingCode{n}" for n in range(2, 6)))
        if value is not None and value not in known:
            raise ValueError(f"is none of {', '.join(known)}")
        return value

    @model_validator(mode="after")
    def _each_property_once(self) -> Self:
        used = [value for value in (self.department, self.project, self.class_, self.location) if value]
        if len(used) != len(set(used)):
            raise ValueError("two fields go to the same property; give each its own")
        return self


class PaymentSettings(Settings):
    """Posting of payments."""

    post: bool = Field(False, description="Post payments; otherwise they are read, counted and ignored.")
    clearing_account: Code | None = Field(
        None, description="Account that payments are credited to; needed when they are posted."
    )

    @model_validator(mode="after")
    def _account_when_posted(self) -> Self:
        if self.post and self.clearing_account is None:
            raise ValueError("`post: true` needs `clearing_account`")
        return self


class PostingSettings(Settings):
    """How invoices become journal entries."""

    local_currency: str | None = Field(None, description="Read from SAP when left out, checked against SAP when given.")
    time_zone: str = Field("UTC", description="Where a moment becomes a date; plain dates are never shifted.")
    postable_statuses: Texts = Field(
        ("Authorized for Payment", "Paid Invoice"),
        min_length=1,
        description="Statuses that may be posted, compared without case, blanks and punctuation.",
    )
    posting_date: Literal["posting_date", "invoice_date", "authorized_date"] = Field(
        "posting_date",
        description="Which of Stampli's dates posts: `authorized_date` is a moment, turned into a date in `time_zone`.",
    )
    closed_period: Literal["hold", "next_open"] = Field(
        "hold",
        description="An invoice whose period is closed: `hold` it, or post on the first day of the next open period.",
    )
    unmapped: Literal["use_if_valid_in_b1", "hold"] = Field(
        "use_if_valid_in_b1",
        description="A code that no mapping names: use it as it stands when SAP has it, or `hold`.",
    )
    new_vendors: Literal["from_vendor_file", "from_invoice", "hold"] = Field(
        "from_vendor_file",
        description="A vendor that SAP does not have: create it from the vendor file, create it from an invoice (its "
        "id and name), or `hold` its invoices.",
    )
    earliest_date: date = Field(
        date(2020, 1, 1),
        description="Older dates, or more than 366 days ahead, are DATE_OUT_OF_RANGE.",
    )
    rounding: RoundingSettings | None = Field(None, description="Left out: no tolerance.")
    dimensions: DimensionSettings = Field(default_factory=DimensionSettings, description="Stampli's fields in SAP.")
    payments: PaymentSettings = Field(default_factory=PaymentSettings, description="Posting of payments.")

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("is no time zone such as America/Denver")
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The company's time zone."""
        return ZoneInfo(self.time_zone)


class PublishSettings(Settings):
    """Files written for Stampli, into `stampli.inbound_dir`."""

    purchase_orders: bool = Field(
        False, description="SAP's open purchase orders, line by line, whenever they have changed."
    )
    acknowledgements: bool = Field(
        False, description="After each cycle a file: every invoice it saw, with SAP's number or the reason it waits."
    )
    reference_data: bool = Field(
        False,
        description="SAP's suppliers, and the accounts and dimensions to code with, whenever they have changed.",
    )


class ApprovalSettings(Settings):
    """Decisions that need two people."""

    second_person: tuple[Literal["retry", "ignore", "post-anyway", "reverse-and-repost"], ...] = Field(
        ("reverse-and-repost",),
        description="Actions that take effect when a second, different person has said the same.",
    )


class Company(Settings):
    """One SAP company: the whole file."""

    company: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$")] = Field(
        description="Short name, [a-z0-9_]; first part of every asset key."
    )
    stampli: StampliSettings = Field(description="Stampli's side.")
    b1: B1Settings = Field(description="SAP's side.")
    posting: PostingSettings = Field(
        default_factory=PostingSettings, description="How invoices become journal entries."
    )
    publish: PublishSettings = Field(default_factory=PublishSettings, description="Files written for Stampli.")
    approvals: ApprovalSettings = Field(default_factory=ApprovalSettings, description="Decisions that need two people.")
    partition_days: int = Field(400, ge=1, description="Clean files' partitions are retired after this many days.")
    mappings_dir: Path = Field(
        Path("mappings"), description="Folder of the mappings; relative to the configuration file."
    )
    ledger_url: Text = Field(
        "sqlite:///ledger.db",
        repr=False,
        description="The ledger's database; a relative SQLite path is relative to DAGSTER_HOME.",
    )
    landing_dir: Path = Field(
        Path("landing"), description="Byte-for-byte copies of the exports; relative to DAGSTER_HOME."
    )
    alerts: Texts = Field((), repr=False, description="Apprise addresses that are told of failures.")
    allow_plaintext_secrets: bool = Field(False, description="Allow secrets in the file itself instead of `${NAME}`.")

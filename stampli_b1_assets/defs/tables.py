"""Metadata of materializations: tables and figures that read well in the UI."""

from collections import Counter
from collections.abc import Mapping, Sequence

import dagster as dg

from stampli_b1_assets.domain.outcome import Outcome
from stampli_b1_assets.domain.vendor import VendorOutcome
from stampli_b1_assets.pipeline.finishing import FileResult
from stampli_b1_assets.pipeline.partners import SyncedPartner

Metadata = dict[str, dg.MetadataValue]  # what add_asset_metadata and results take
_MOST_ROWS = 200


def table(rows: Sequence[Mapping[str, str]]) -> dg.MetadataValue:
    """Rows as a table; at most 200, since they are stored with the event."""
    if not rows:
        return dg.MetadataValue.text("none")
    records = [dg.TableRecord({name: str(value) for name, value in row.items()}) for row in rows[:_MOST_ROWS]]
    return dg.MetadataValue.table(records)


def outcome_figures(counts: Counter[Outcome]) -> Metadata:
    """How many invoices ended in each outcome; plotted over time by the UI."""
    return {str(outcome): dg.MetadataValue.int(counts[outcome]) for outcome in Outcome}


def file_metadata(result: FileResult, counts: Counter[Outcome]) -> Metadata:
    """One file's partition: its name, figures, and what needs a person."""
    metadata: Metadata = {"file": dg.MetadataValue.text(result.file_name), **outcome_figures(counts)}
    metadata["needs_a_person"] = dg.MetadataValue.int(len(result.open))
    if result.left_out:
        metadata["left_out"] = dg.MetadataValue.text(result.left_out)
    if result.open:
        metadata["open"] = table(result.open)
    return metadata


class PartnerTable:
    """What became of the vendors of a run: all counted, and those shown first that somebody may look for."""

    _in_order = (VendorOutcome.HELD, VendorOutcome.CREATED, VendorOutcome.UPDATED, VendorOutcome.UNCHANGED)

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._rows: dict[str, list[dict[str, str]]] = {outcome: [] for outcome in self._in_order}

    def add(self, one: SyncedPartner) -> None:
        """One vendor; no more are kept than can be shown."""
        self._counts[one.outcome] += 1
        rows = self._rows[one.outcome]
        if len(rows) < _MOST_ROWS:
            vendor, detail = one.plan.vendor, one.holds[0].detail if one.holds else ""
            rows.append(
                {"vendor": vendor.vendor_id, "name": vendor.name, "card_code": one.card_code, "outcome": one.outcome,
                 "detail": detail}
            )  # fmt: skip

    def metadata(self) -> Metadata:
        """A figure per outcome, and the table."""
        figures: Metadata = {outcome: dg.MetadataValue.int(self._counts[outcome]) for outcome in self._in_order}
        return {**figures, "vendors": table([row for rows in self._rows.values() for row in rows])}

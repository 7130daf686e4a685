"""Metadata of materializations: tables and figures that read well in the UI."""

from collections import Counter
from collections.abc import Mapping, Sequence

import dagster as dg

from stampli_b1_assets.domain.outcome import Outcome
from stampli_b1_assets.pipeline.finishing import FileResult

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

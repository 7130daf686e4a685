"""Where the fields of a form stand: sources by field, with the columns that lines inherit from."""

from collections.abc import Mapping, Sequence

from stampli_b1_assets.stampli.forms import Form
from stampli_b1_assets.stampli.kinds import FIELDS

INHERITED = "<"
"""Suffix of a field's second source: what it inherits where its own cell is empty."""


def sources_of(form: Form) -> dict[str, tuple[str, ...]]:
    """Source → labels (or paths) that it may have; a field's own source has the field's name."""
    sources = {field: column.name for field, column in form.columns.items() if column.name}
    inherited = {f"{field}{INHERITED}": column.inherit for field, column in form.columns.items() if column.inherit}
    return sources | inherited


def field_labels(form: Form, found: Mapping[str, str]) -> dict[str, str]:
    """Each declared field's label for messages: the one found in the file, else the layout's, else Stampli's."""
    fields = FIELDS[form.kind]
    return {
        field: found.get(field) or (column.name[0] if column.name else fields[field].label)
        for field, column in form.columns.items()
    }


def required_labels(form: Form) -> list[Sequence[str]]:
    """Of each required column, the labels that it may have."""
    return [column.name for column in form.columns.values() if column.required and column.name]

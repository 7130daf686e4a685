"""Layouts: what a customer's exports look like, as data; loaded, checked and fingerprinted here."""

import hashlib
import json
from difflib import get_close_matches
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails

from stampli_b1_assets.config.strict_yaml import load_yaml
from stampli_b1_assets.config.validation import in_words
from stampli_b1_assets.errors import ConfigurationError, LayoutError
from stampli_b1_assets.stampli.forms import Form, Part, RowPart
from stampli_b1_assets.stampli.kinds import FIELDS

_SEE = "See docs/layouts.md."


class Layout(Part):
    """The forms of all files of one customer, in the order in which a file is tried against them."""

    name: str = Field(description="Name for people and reports.")
    description: str = Field("", description="What it is for.")
    extends: str | None = Field(
        None,
        description="A built-in layout whose forms are taken for the kinds of files that this one does not declare.",
    )
    forms: tuple[Form, ...] = Field(min_length=1, description="One form for each kind of file in each format.")

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of everything that decides how a file is read; frames remember it."""
        content = self.model_dump(mode="json", exclude={"description"})
        content["fields"] = {kind: list(fields) for kind, fields in FIELDS.items()}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @property
    def is_split(self) -> bool:
        """Whether headers and lines come in files of their own, which are joined by the Stampli id."""
        return any(form.part is not RowPart.WHOLE for form in self.forms)


def built_in_names() -> list[str]:
    """The names of the built-in layouts."""
    return sorted(one.name.removesuffix(".yaml") for one in _folder().iterdir() if one.name.endswith(".yaml"))


def load_layout(name_or_path: str, base: Path) -> Layout:
    """A built-in layout by name, or a layout file by its path relative to `base`.

    Raises `LayoutError` naming file and key.
    """
    if name_or_path in built_in_names():
        return _built_in(name_or_path)
    path = base / name_or_path
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise LayoutError(
            f"There is no layout {name_or_path!r}: neither a built-in one nor a file {path}.",
            f"Built in are {', '.join(built_in_names())}; or give the path of a layout file.",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise LayoutError(f"{path.name} cannot be read: {error}.", "Save it as UTF-8 text.") from None
    return parse_layout(text, path.name)


@cache
def _built_in(name: str) -> Layout:
    return parse_layout((_folder() / f"{name}.yaml").read_text("utf-8"), f"built-in layout {name}")


def parse_layout(text: str, file: str) -> Layout:
    """The layout in the YAML `text`; `file` is its name in messages. Raises `LayoutError`."""
    try:
        document = load_yaml(text, file)
    except ConfigurationError as error:
        raise LayoutError(error.message, f"Mend the layout file. {_SEE}") from None
    try:
        return _extended(Layout.model_validate(_with_defaults(document)), file)
    except ValidationError as error:
        faults = [_fault(one) for one in error.errors(include_input=False, include_url=False)]
        # Forms that are faulty are none to pydantic; that there is none then goes without saying.
        faults = [one for one in faults if not one.startswith("`forms` ")] or faults
    raise LayoutError(f"{file}: {'; '.join(faults)}.", _SEE)


def layout_schema() -> str:
    """The JSON schema of layout files, as text for docs/layout.schema.json: what editors complete and check."""
    schema = Layout.model_json_schema()
    form = schema["$defs"]["Form"]
    del form["required"]  # what `defaults` gives need not stand in a form
    form["properties"]["columns"] |= {
        "properties": {name: {"$ref": "#/$defs/Column", "description": words} for name, words in _fields().items()},
        "additionalProperties": False,
    }
    shared = {"$ref": "#/$defs/Form", "description": "Keys of a form that all forms share unless they say otherwise."}
    schema["properties"]["defaults"] = shared
    schema["properties"]["extends"]["anyOf"] = [{"enum": built_in_names()}, {"type": "null"}]
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _fields() -> dict[str, str]:
    """Every field of every kind; what it is in each kind that has it."""
    words: dict[str, str] = {}
    for kind, fields in FIELDS.items():
        for name, field in fields.items():
            before = f"{words[name]} " if name in words else ""
            words[name] = f"{before}In {kind}: {field.description}, read as {field.grammar}."
    return words


def _extended(layout: Layout, file: str) -> Layout:
    """With the forms of the built-in layout that it extends, of kinds that it does not declare."""
    if layout.extends is None:
        return layout
    if layout.extends not in built_in_names():
        known = ", ".join(built_in_names())
        raise LayoutError(f"{file}: `extends` names {layout.extends!r}, which is not built in.", f"Built in: {known}.")
    declared = {form.kind for form in layout.forms}
    base = load_layout(layout.extends, Path())
    further = tuple(form for form in base.forms if form.kind not in declared)
    return layout.model_copy(update={"forms": (*layout.forms, *further)})


def _folder() -> Any:
    return resources.files("stampli_b1_assets.stampli") / "layouts"


def _with_defaults(document: dict[str, Any]) -> dict[str, Any]:
    """What all forms share may stand once, under `defaults`."""
    shared = document.get("defaults", {})
    forms = document.get("forms")
    if not isinstance(shared, dict) or not isinstance(forms, list):
        return document
    rest = {key: value for key, value in document.items() if key != "defaults"}
    return rest | {"forms": [shared | form if isinstance(form, dict) else form for form in forms]}


def _fault(error: ErrorDetails) -> str:
    """The key and what is wrong with it; forms are counted as people do, from 1."""
    place, inner = [str(part) for part in error["loc"] if part != "[key]"], ""
    if place[0] == "forms" and len(place) > 1:
        inner = f"form {int(place[1]) + 1}: "
        place = place[2:]
    key = f"`{'.'.join(place)}` " if place else ""
    if error["type"] == "extra_forbidden":
        near = get_close_matches(place[-1], _keys(), n=1)
        hint = f"; did you mean `{near[0]}`?" if near else f"; known are {', '.join(_keys())}"
        return f"{inner}{key}is no key of a layout{hint}"
    return f"{inner}{key}{in_words(error['type'], error.get('ctx', {}))}"


def _keys() -> list[str]:
    """Every key that a layout may have anywhere."""
    models: list[type[Part]] = [Layout, *Part.__subclasses__()]
    found = {name for model in models for name in model.model_fields}
    return sorted(found | {"defaults"})

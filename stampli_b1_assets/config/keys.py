"""The keys that a company file may have, and the nearest one to a key that it may not."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from stampli_b1_assets.config.faults import Fault, shown
from stampli_b1_assets.config.strict_yaml import Place


def settings_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The settings of a section by the name that the file uses."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def section_of(field: FieldInfo) -> type[BaseModel] | None:
    """The model of a setting that is a section."""
    kinds = (field.annotation, *get_args(field.annotation))
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def all_places(model: type[BaseModel], place: Place = ()) -> Iterator[Place]:
    """Every key, sections before what is in them."""
    for name, field in settings_of(model).items():
        yield (*place, name)
        section = section_of(field)
        if section is not None:
            yield from all_places(section, (*place, name))


def unknown_keys(values: Mapping[Any, Any], model: type[BaseModel]) -> list[Fault]:
    """One fault for each key that no section has, naming the nearest that there is."""
    known = list(all_places(model))
    return [Fault(place, _words(place, known)) for place in _unknown(values, model, ())]


def _unknown(values: Mapping[Any, Any], model: type[BaseModel], place: Place) -> Iterator[Place]:
    settings = settings_of(model)
    for key, value in values.items():
        here = (*place, str(key))
        if key not in settings:
            yield here
            continue
        section = section_of(settings[key])
        if section is not None and isinstance(value, Mapping):
            yield from _unknown(value, section, here)


def _words(place: Place, known: list[Place]) -> str:
    return f"unknown key `{shown(place)}`; did you mean `{shown(nearest(place, known))}`?"


def nearest(place: Place, known: list[Place]) -> Place:
    """The known key that is meant, most likely: a neighbour, the same word elsewhere, or what reads alike."""
    neighbours = [one for one in known if one[:-1] == place[:-1]]
    last = str(place[-1]).lower()
    for candidates, likeness in ((neighbours, 0.7), (known, 0.99), (neighbours, 0.5), (known, 0.0)):
        names = {str(one[-1]): one for one in reversed(candidates)}
        near = difflib.get_close_matches(last, names, n=1, cutoff=likeness)
        if near:
            return names[near[0]]
    return known[0]

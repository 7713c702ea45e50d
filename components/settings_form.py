"""A form made from a settings class: one input a field, explained by the docstring under the field."""

import re
import sys
import types
from collections.abc import Sequence
from dataclasses import MISSING, Field, fields
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import dash_mantine_components as dmc
from dash.development.base_component import Component

from clt_core.config import Settings
from clt_core.errors import InputError

FIELD_NOTE = re.compile(r'^    (\w+): [^\n]*\n    """(.+?)"""', re.MULTILINE | re.DOTALL)


@cache
def field_notes(settings: type[Settings]) -> dict[str, str]:
    """The docstring under each field of a settings class, on one line."""
    module = Path(str(sys.modules[settings.__module__].__file__)).read_text(encoding="utf-8")
    body = module.split(f"\nclass {settings.__name__}(")[1].split("\n\n\n")[0]
    return {name: " ".join(note.split()) for name, note in FIELD_NOTE.findall(body)}


def kind_of(annotation: Any) -> tuple[Any, bool, list[str]]:
    """The type of a field without None, whether None is allowed, and its choices if it has a few."""
    if get_origin(annotation) is Literal:
        return str, False, list(get_args(annotation))
    if get_origin(annotation) in (Union, types.UnionType):
        (kind,) = (part for part in get_args(annotation) if part is not type(None))
        return kind, True, []
    return annotation, False, []


def default_of(field: "Field[Any]") -> Any:
    """The default of a field; an empty text where there is none."""
    return "" if field.default is MISSING else field.default


def settings_inputs(settings: type[Settings], *, type_id: str, names: Sequence[str]) -> list[Component]:
    """Inputs for the fields `names`, with ids {"type": `type_id`, "field": name}."""
    hints, notes = get_type_hints(settings), field_notes(settings)
    by_name = {field.name: field for field in fields(settings)}  # type: ignore[arg-type]  # every subclass is a dataclass
    return [
        setting_input(name, hints[name], default_of(by_name[name]), note=notes[name], id={"type": type_id, "field": name})
        for name in names
    ]


def setting_input(name: str, annotation: Any, default: Any, *, note: str, id: dict[str, str]) -> Component:  # noqa: A002
    """An input that fits the type of one field."""
    kind, optional, choices = kind_of(annotation)
    common = {"id": id, "label": name.replace("_", " "), "description": note, "size": "xs"}
    if choices:
        return dmc.Select(data=choices, value=default, allowDeselect=False, **common)
    if kind in (int, float):
        value = "" if default is None else default
        return dmc.NumberInput(
            value=value, allowDecimal=kind is float, min=0, hideControls=True, placeholder="none" if optional else "", **common
        )
    return dmc.TextInput(value=default, **common)


def settings_values(settings: type[Settings], values: dict[str, Any]) -> dict[str, Any]:
    """What was entered, as the settings class takes it: empty inputs are left out where there is a default.

    Raises:
        InputError: if a number is none.
    """
    hints = get_type_hints(settings)
    required = {field.name for field in fields(settings) if field.default is MISSING}  # type: ignore[arg-type]  # as above
    taken: dict[str, Any] = {}
    for name, value in values.items():
        if value in ("", None):
            if name in required:
                taken[name] = ""
            continue
        kind, _, choices = kind_of(hints[name])
        taken[name] = number(name, kind, value) if kind in (int, float) and not choices else value
    return taken


def number(name: str, kind: type[int] | type[float], value: Any) -> float:
    """What was entered in the input of a number.

    Raises:
        InputError: if it is none.
    """
    try:
        return kind(value)
    except ValueError as error:
        raise InputError(f"{name.replace('_', ' ')} must be a number, got {value!r}") from error

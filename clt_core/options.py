"""Command-line options made from the fields of a settings class: names, types, defaults and help come from there."""

import argparse
import ast
import inspect
import itertools
import textwrap
from dataclasses import MISSING, Field, fields
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from clt_core.config import Settings


def field_docs(settings: type[Settings]) -> dict[str, str]:
    """The docstring under each field of a settings class."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(settings)))
    body = next(node for node in tree.body if isinstance(node, ast.ClassDef)).body
    docs = {}
    for statement, following in itertools.pairwise(body):
        if isinstance(statement, ast.AnnAssign) and isinstance(following, ast.Expr):
            assert isinstance(statement.target, ast.Name)
            docs[statement.target.id] = str(ast.literal_eval(following.value))
    return docs


def add_options(parser: argparse.ArgumentParser, settings: type[Settings], *, optional: tuple[str, ...] = ()) -> None:
    """Add an option a field; one that is not given leaves no trace in the parsed arguments.

    Fields without a default are required, but for those in `optional`, whose value the command finds elsewhere.
    """
    docs = field_docs(settings)
    for field in fields(settings):  # type: ignore[arg-type]  # every subclass is a dataclass
        required = field.default is MISSING
        default = "" if required else f" (default: {'none' if field.default is None else field.default})"
        parser.add_argument(
            f"--{field.name.replace('_', '-')}",
            required=required and field.name not in optional,
            default=argparse.SUPPRESS,
            help=(docs[field.name] + default).replace("%", "%%"),
            **_type(field),
        )


def given_options(args: argparse.Namespace, settings: type[Settings]) -> dict[str, Any]:
    """The fields that were given on the command line."""
    names = {field.name for field in fields(settings)}  # type: ignore[arg-type]  # every subclass is a dataclass
    return {name: value for name, value in vars(args).items() if name in names}


def _type(field: Field) -> dict[str, Any]:
    """How argparse reads and shows a value of the field."""
    if get_origin(field.type) is Literal:
        return {"choices": get_args(field.type)}
    kinds = get_args(field.type) or (field.type,)
    kind = next(kind for kind in (int, float, str) if kind in kinds)
    metavar = {int: "N", float: "X", str: "TEXT"}[kind]
    return {"type": _or_none(kind) if NoneType in kinds else kind, "metavar": metavar}


def _or_none(kind: type) -> Any:
    """A reader of `kind` that takes the word none for None."""

    def read(text: str) -> Any:
        return None if text == "none" else kind(text)

    read.__name__ = kind.__name__  # argparse names it in its error messages
    return read

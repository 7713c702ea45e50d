"""The documentation strings of installed packages."""

from pathlib import Path

from clt_core.docstrings import collect, docstrings_path, module_document
from clt_core.events import Event, Events

SOURCE = '''"""Module."""

class Shape:
    """A shape.

    Its sides:
        straight.
    """

    def area(self):
        """Its area."""
        def inner(): "not told"

def last():
    """Last."""
'''


def test_a_document_holds_the_docstrings_in_their_order():
    assert (
        module_document(SOURCE.encode()) == "Module.\n\nA shape.\n\nIts sides:\n    straight.\n\nIts area.\n\nnot told\n\nLast."
    )


def test_a_source_that_cannot_be_parsed_gives_nothing():
    assert module_document(b'"""Text."""\nprint "Python 2"') == ""


def test_characters_that_are_no_text_are_left_out():
    assert module_document(b'"""a\\ud800b"""') == "ab"


def test_documents_are_long_enough_unique_and_in_an_order_of_their_own(tmp_path: Path):
    long = [f'"""{letter * 300}"""' for letter in "abc"]
    for index, source in enumerate([*long, long[0], '"""short"""']):
        (tmp_path / f"{index}.py").write_text(source)
    found = collect([tmp_path], Events())
    assert sorted(found) == [letter * 300 for letter in "abc"]
    (tmp_path / "0.py").rename(tmp_path / "z.py")
    assert collect([tmp_path], Events()) == found


def test_progress_is_told(tmp_path: Path):
    (tmp_path / "a.py").write_text('"""a"""')
    told: list[Event] = []
    collect([tmp_path], Events(told.append))
    assert told[0]["stage"] == "reading docstrings: 0 of 1 modules"


def test_the_file_is_named_after_what_is_installed(tmp_path: Path):
    assert docstrings_path(tmp_path) == docstrings_path(tmp_path)
    assert docstrings_path(tmp_path).name.startswith("docstrings-")

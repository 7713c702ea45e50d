"""Text to train and to evaluate on: documents, and sequences of tokens packed from them.

A document is held out or not by a hash of its text, so it is never on both sides, whatever the order or the seed.
"""

import hashlib
import json
import random
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import pyarrow
import pyarrow.parquet
import torch
from jaxtyping import Int
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from clt_core.docstrings import docstrings, docstrings_path
from clt_core.errors import InputError
from clt_core.events import Events
from clt_core.references import parse_text

QUIET = Events()
HELD_OUT_SHARE = 0.05
"""Share of the documents that are kept for evaluation."""

DOCUMENT_CHARACTERS = 20_000
"""A .txt file is split at empty lines into documents of about this length."""

SHUFFLE_DOCUMENTS = 4096
"""Documents among which the next one is drawn."""

BATCH_DOCUMENTS = 64
"""Documents tokenised at once."""


def documents(source: str, text_dir: Path, *, events: Events = QUIET) -> Iterator[str]:
    """The documents of a text: docstrings, a .txt, .jsonl or .parquet file, or a Hugging Face dataset id.

    Raises:
        InputError: if the text cannot be had, or is empty.
    """
    reference = parse_text(source)
    if reference.kind == "docstrings":
        texts = docstrings(text_dir, events)
    elif reference.kind == "hub":
        texts = _hub_documents(reference.value)
    else:
        readers = {".txt": _txt_documents, ".jsonl": _jsonl_documents, ".parquet": _parquet_documents}
        texts = readers[Path(reference.value).suffix](Path(reference.value))
    found = False
    for text in texts:
        if text.strip():
            found = True
            yield text
    if not found:
        raise InputError(f"{source} holds no text: name another one")


def packed(
    tokenizer: PreTrainedTokenizerFast,
    source: str,
    text_dir: Path,
    *,
    context: int,
    held_out: bool,
    seed: int,
    repeat: bool = False,
    events: Events = QUIET,
) -> Iterator[Int[Tensor, " context"]]:
    """Sequences of `context` tokens that start with BOS, from the held-out documents or from all the others.

    Documents follow one another with BOS between them, in an order that `seed` decides; what is left over at the end
    is dropped.  With `repeat`, the text starts again, in another order, for ever.

    Raises:
        InputError: as for `documents`, and if this side of the text does not fill one sequence.
    """
    round_ = 0
    while round_ == 0 or repeat:
        chosen = (text for text in documents(source, text_dir, events=events) if is_held_out(text) == held_out)
        sequence = None
        for sequence in _sequences(tokenizer, _shuffled(chosen, f"{seed} {round_}"), context):
            yield sequence
        if sequence is None:
            side = "held-out part" if held_out else "training part"
            raise InputError(f"the {side} of {source} does not fill one sequence of {context} tokens: name a longer text")
        round_ += 1


def is_held_out(document: str) -> bool:
    """Whether `document` is for evaluation only."""
    digest = hashlib.blake2b(document.encode(errors="surrogatepass"), digest_size=8, person=b"held out").digest()
    return int.from_bytes(digest) < HELD_OUT_SHARE * 2**64


def text_hash(source: str, text_dir: Path) -> str:
    """A hash that says which text was used: of the file, or of name and version of a dataset.

    Raises:
        InputError: if the text cannot be had.
    """
    reference = parse_text(source)
    if reference.kind == "hub":
        return hashlib.sha256(f"{reference.value} {_hub_revision(reference.value)}".encode()).hexdigest()
    if reference.kind == "docstrings":
        next(documents(source, text_dir))
    path = docstrings_path(text_dir) if reference.kind == "docstrings" else Path(reference.value)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sequences(tokenizer: PreTrainedTokenizerFast, texts: Iterator[str], context: int) -> Iterator[Int[Tensor, " context"]]:
    """Sequences of `context` tokens, BOS first, until the texts are used up."""
    bos = tokenizer.bos_token_id
    assert isinstance(bos, int)  # load_tokenizer accepts no other
    waiting: list[int] = []
    while batch := list(islice(texts, BATCH_DOCUMENTS)):
        for encoding in tokenizer.backend_tokenizer.encode_batch_fast(batch, add_special_tokens=False):
            waiting.append(bos)
            waiting.extend(encoding.ids)
        start = 0
        while True:
            start += waiting[start : start + 1] == [bos]
            if len(waiting) - start < context - 1:
                break
            yield torch.tensor([bos, *waiting[start : start + context - 1]])
            start += context - 1
        waiting = waiting[start:]


def _shuffled(texts: Iterable[str], seed: str) -> Iterator[str]:
    """The texts in an order that `seed` decides; each is drawn from those read so far, a few thousand of them."""
    draw = random.Random(seed)
    pool: list[str] = []
    for text in texts:
        if len(pool) < SHUFFLE_DOCUMENTS:
            pool.append(text)
        else:
            place = draw.randrange(SHUFFLE_DOCUMENTS)
            yield pool[place]
            pool[place] = text
    draw.shuffle(pool)
    yield from pool


def _txt_documents(path: Path) -> Iterator[str]:
    """The paragraphs of a file, joined up to the length of a document."""
    paragraphs: list[str] = []
    length = 0
    for paragraph in _read(path).split("\n\n"):
        if paragraphs and length + len(paragraph) > DOCUMENT_CHARACTERS:
            yield "\n\n".join(paragraphs)
            paragraphs, length = [], 0
        paragraphs.append(paragraph)
        length += len(paragraph) + 2
    yield "\n\n".join(paragraphs)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text (byte {error.start}): convert it") from error


def _jsonl_documents(path: Path) -> Iterator[str]:
    """The value of "text" in each line."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line) if line.strip() else {"text": ""}
            except ValueError as error:
                raise InputError(f"line {number} of {path} is not JSON: {error}") from error
            if not isinstance(row, dict) or not isinstance(row.get("text"), str):
                raise InputError(f'line {number} of {path} must be an object with a string under "text"')
            yield row["text"]


def _parquet_documents(path: Path) -> Iterator[str]:
    """The values of the column text."""
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            if "text" not in file.schema_arrow.names or not pyarrow.types.is_string(file.schema_arrow.field("text").type):
                raise InputError(f"{path} must have a column text of strings, it has {', '.join(file.schema_arrow.names)}")
            for batch in file.iter_batches(columns=["text"]):
                yield from (text for text in batch.column(0).to_pylist() if text is not None)
    except pyarrow.ArrowInvalid as error:
        raise InputError(f"{path} cannot be read as parquet: {error}") from error


def _hub_documents(name: str) -> Iterator[str]:
    """The values of "text" in the training split of a Hugging Face dataset, streamed."""
    from datasets import load_dataset  # slow to import, and only for those who name a dataset

    _hub_revision(name)  # fails at once without network, where streaming tries again for half a minute
    try:
        for row in load_dataset(name, split="train", streaming=True):
            if not isinstance(row.get("text"), str):
                raise InputError(f'the dataset {name} has no strings under "text": name another one, or a local file')
            yield row["text"]
    except InputError:
        raise
    except (OSError, ValueError) as error:
        raise _no_dataset(name) from error


def _hub_revision(name: str) -> str | None:
    """The commit that a dataset is at."""
    from huggingface_hub import HfApi

    try:
        return HfApi().dataset_info(name).sha
    except (OSError, ValueError) as error:
        raise _no_dataset(name) from error


def _no_dataset(name: str) -> InputError:
    return InputError(
        f"the dataset {name} could not be fetched from the Hugging Face hub: "
        "check the id and the network, or name docstrings or a local file"
    )

"""Where nodes stand: token columns, each as wide as its fullest cell; a row for the tokens, one a layer, one for the logits.

Axes: node, column (position), row (0 tokens, 1 + layer, n_layers + 1 logits).  Units are cytoscape's; y grows downwards.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clt_core.graphs import Kind
from components.graph_view import GraphView

PITCH = 17.0
"""Between neighbours of a cell."""

LOGIT_PITCH = 26.0
"""Between neighbouring logits, whose labels need room."""

MARGIN = 13.0
"""Between a cell and the edge of its column."""

MIN_WIDTH = 40.0
ROW = 27.0
ASPECT = 1.25
"""Width over height that a narrow graph is stretched to."""

MAX_STRETCH = 3.0


@dataclass(frozen=True, eq=False)
class Placement:
    """Positions of nodes, and the grid that they stand on."""

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    columns: list[float]
    """Edges of the columns, one more than there are tokens."""

    rows: list[float]
    """Centres of the rows."""


def row_names(n_layers: int) -> list[str]:
    """One name a row, from the tokens up."""
    return ["Emb", *(f"L{layer}" for layer in range(n_layers)), "Logits"]


def place(view: GraphView) -> Placement:
    """Positions of the nodes of `view`: the most influential of a cell in its middle, errors outermost."""
    n_tokens, n_rows = len(view.meta.tokens), view.meta.n_layers + 2
    row = view.layer.astype(np.int64) + 1
    cell = view.position.astype(np.int64) * n_rows + row
    n_in_cell = np.bincount(cell, minlength=n_tokens * n_rows)
    pitch = np.full(n_rows, PITCH)
    pitch[-1] = LOGIT_PITCH
    widths = np.maximum((n_in_cell.reshape(n_tokens, n_rows) * pitch).max(axis=1) + 2 * MARGIN, MIN_WIDTH)
    stretch = float(np.clip(ASPECT * n_rows * ROW / widths.sum(), 1, MAX_STRETCH))
    columns = np.concatenate([[0.0], np.cumsum(widths * stretch)])
    centre = (columns[1:] + columns[:-1]) / 2
    rows = -ROW * np.arange(n_rows)
    offset = _offsets(view, cell, n_in_cell) * pitch[row] * min(stretch, 1.4)
    return Placement(
        x=(centre[view.position] + offset).astype(np.float32),
        y=rows[row].astype(np.float32),
        columns=columns.round(2).tolist(),
        rows=rows.tolist(),
    )


def _offsets(view: GraphView, cell: NDArray[np.int64], n_in_cell: NDArray[np.int64]) -> NDArray[np.float64]:
    """[node] Steps from the middle of the cell; logits run from left to right, most probable first."""
    logit = view.kind == Kind.LOGIT
    order = np.lexsort((np.where(logit, -view.activation, view.influence), view.kind == Kind.ERROR, cell))
    first = np.concatenate([[0], np.cumsum(n_in_cell)[:-1]])
    rank = np.empty(len(cell), np.int64)
    rank[order] = np.arange(len(cell)) - first[cell[order]]
    n_mates = n_in_cell[cell]
    outwards = (rank + 1) // 2 * np.where(rank % 2 == 1, 1, -1) - np.where(n_mates % 2 == 0, 0.5, 0.0)
    return np.where(logit, rank - (n_mates - 1) / 2, outwards)

"""The graph as one block of bytes for the browser: 12 bytes an edge.

Layout, little endian: u32 length of the header, header (JSON, UTF-8, padded with spaces so that arrays start at a
multiple of 4), then the arrays one after another, each padded to a multiple of 4.  The header names every array with
its type, offset from the end of the header and length.
"""

import json

import numpy as np

from components.graph_elements import N_EDGES
from components.graph_layout import Placement, row_names
from components.graph_view import GraphView

SCHEMA = 1
NODE_ARRAYS = ("kind", "layer", "position", "index", "activation", "influence", "mass", "inflow")
EDGE_ARRAYS = ("source", "target", "weight")


def encode(view: GraphView, placement: Placement, labels: list[str]) -> bytes:
    """The block of `view`, with one label a node."""
    body, entries = bytearray(), []
    for name in (*NODE_ARRAYS, *EDGE_ARRAYS):
        array = np.ascontiguousarray(getattr(view, name))
        little = array.astype(array.dtype.newbyteorder("<"), copy=False)
        entries.append({"name": name, "type": array.dtype.name, "offset": len(body), "length": len(array)})
        body += little.tobytes()
        body += bytes(-len(body) % 4)
    header = {
        "schema": SCHEMA,
        "ids": view.ids,
        "labels": labels,
        "tokens": view.meta.tokens,
        "columns": placement.columns,
        "rows": placement.rows,
        "row_names": row_names(view.meta.n_layers),
        "n_own_edges": min(N_EDGES, view.n_edges),
        "arrays": entries,
    }
    text = json.dumps(header, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    return len(text).to_bytes(4, "little") + text + bytes(body)

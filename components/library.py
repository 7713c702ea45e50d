"""Saved graphs as rows of a table and as cards."""

from typing import Any
from urllib.parse import quote

from dash import dcc, html

from components.quantities import ago, count, decimal, percent
from store.graphs import GraphRow


def graph_href(graph_id: str) -> str:
    """The address of a graph's page."""
    return f"/graph/{quote(graph_id)}"


def graph_row(row: GraphRow) -> dict[str, Any]:
    """A graph as a row of the library's grid."""
    meta = row.meta
    return {
        "id": meta.id,
        "prompt": meta.prompt,
        "token": meta.logits[0]["token"] if meta.logits else "",
        "probability": meta.logits[0]["probability"] if meta.logits else None,
        "dictionary": meta.dictionary,
        "architecture": meta.architecture.upper(),
        "nodes": row.n_nodes,
        "edges": row.n_edges,
        "replacement": meta.replacement_score,
        "completeness": meta.completeness_score,
        "created": ago(meta.created),
        "created_at": meta.created,
    }


def graph_card(row: GraphRow) -> dcc.Link:
    """A graph in a few lines, which leads to its page."""
    meta = row.meta
    best = meta.logits[0] if meta.logits else {"token": "", "probability": 0.0}
    figures = [
        ("replacement", decimal(meta.replacement_score)),
        ("completeness", decimal(meta.completeness_score)),
        ("nodes", count(row.n_nodes)),
        ("edges", count(row.n_edges)),
    ]
    return dcc.Link(
        [
            html.Div(
                [
                    html.Span(meta.prompt, className="card-prompt"),
                    html.Span(
                        [html.Span(best["token"], className="token"), percent(best["probability"])], className="card-target"
                    ),
                ],
                className="card-head",
            ),
            html.Div([stat(name, value) for name, value in figures], className="stats"),
            html.Div([html.Span(meta.dictionary, className="clip"), html.Span(ago(meta.created))], className="card-foot"),
        ],
        href=graph_href(meta.id),
        className="card link-card",
    )


def stat(name: str, value: str) -> html.Div:
    """A number with its name under it."""
    return html.Div([html.Span(value, className="stat-value"), html.Span(name, className="stat-name")], className="stat")

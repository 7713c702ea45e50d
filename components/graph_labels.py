"""Short texts for the nodes of a graph."""

from collections.abc import Mapping

from clt_core.graphs import Kind
from components.graph_view import GraphView
from components.heatmap import visible


def labels(view: GraphView, features: Mapping[tuple[int, int], str]) -> list[str]:
    """[node] A label each: what the feature store says of a feature, the text of a token or logit."""
    logits = logit_texts(view)
    texts = []
    for number, kind in enumerate(view.kind.tolist()):
        if kind == Kind.FEATURE:
            texts.append(features.get((int(view.layer[number]), int(view.index[number])), ""))
        elif kind == Kind.ERROR:
            texts.append("error")
        elif kind == Kind.TOKEN:
            texts.append(visible(view.meta.tokens[view.position[number]]))
        else:
            texts.append(visible(logits[number]))
    return texts


def logit_texts(view: GraphView) -> dict[int, str]:
    """Token of each logit node by its number: the graph keeps logits and their nodes in the same order."""
    nodes = [number for number, kind in enumerate(view.kind.tolist()) if kind == Kind.LOGIT]
    return {number: str(logit["token"]) for number, logit in zip(nodes, view.meta.logits, strict=True)}


def title(view: GraphView, number: int) -> str:
    """What the node is, without its label: `L12 · feature 345`."""
    kind = Kind(int(view.kind[number]))
    if kind is Kind.FEATURE:
        return f"L{view.layer[number]} · feature {view.index[number]}"
    if kind is Kind.ERROR:
        return f"L{view.layer[number]} · error"
    return "Token" if kind is Kind.TOKEN else "Logit"


def percent(share: float) -> str:
    """`share` for people: 0.7512 is 75.1 %, anything above 0 and below 0.1 % says so."""
    if 0 < abs(share) < 0.001:
        return "< 0.1 %"
    return f"{100 * share:.1f} %"

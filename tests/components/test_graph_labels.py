import pytest

from components.graph_labels import labels, percent, title
from components.graph_view import view_of
from tests.tiny_graphs import ATTACK, tiny_graph


def test_a_node_is_labelled_by_the_store_by_its_token_or_by_what_it_is():
    texts = labels(view_of(tiny_graph()), {(0, 5): "cats → dogs"})
    assert texts == ["cats → dogs", "", "error", "<s>", "·a", ATTACK, "·b", ATTACK]


def test_a_title_says_layer_and_feature():
    view = view_of(tiny_graph())
    assert [title(view, n) for n in (0, 2, 3, 6)] == ["L0 · feature 5", "L0 · error", "Token", "Logit"]


@pytest.mark.parametrize(("share", "text"), [(0.7512, "75.1 %"), (0.0, "0.0 %"), (0.0004, "< 0.1 %")])
def test_a_small_share_is_not_shown_as_none(share: float, text: str):
    assert percent(share) == text

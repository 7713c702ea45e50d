from components.graph_header import HYPOTHESIS, header
from components.graph_view import view_of
from tests.tiny_graphs import ATTACK, tiny_graph


def test_the_head_says_what_is_explained_by_what_and_how_well():
    text = str(header(view_of(tiny_graph())))
    for part in ("·b", "75.0 %", "tiny-plt (PLT)", "smollm2", "0.60", "0.80", "8 nodes · 5 edges", HYPOTHESIS):
        assert part in text


def test_scores_are_said_to_be_of_the_unpruned_graph():
    assert str(header(view_of(tiny_graph()))).count("score of the unpruned graph") == 2


def test_the_prompt_is_text_even_where_it_is_html():
    assert (
        ATTACK in header(view_of(tiny_graph())).to_plotly_json()["props"]["children"][0].to_plotly_json()["props"]["children"]
    )

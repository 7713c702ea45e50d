from typing import Any

from components.heatmap import heatmap, visible


def spans(*arguments: Any) -> list[dict[str, Any]]:
    return [
        span["props"] for span in heatmap(*arguments).to_plotly_json()["props"]["children"] for span in [span.to_plotly_json()]
    ]


def test_the_strongest_token_is_marked_and_the_shade_is_relative_to_the_maximum():
    off, half, peak = spans([" the", " cat", "s"], [0.0, 1.0, 2.0], 2, 4.0)
    assert "className" not in off
    assert half["style"] == {"--intensity": "25%"}
    assert peak["className"] == "heatmap-on heatmap-peak"


def test_a_token_says_its_activation_when_pointed_at():
    (span,) = spans([" cat"], [1.25], 0, 2.0)
    assert span["title"] == "·cat  1.25"


def test_white_space_can_be_seen():
    assert visible(" a\n\tb") == "·a↵⇥b"
    assert [span["children"] for span in spans(["\n\n", "  ", " a"], [0.0] * 3, 0, 1.0)] == ["↵↵", "··", " a"]


def test_characters_that_hide_or_turn_text_are_spelled_out():
    assert visible("a\u202eb\x00") == "a\\u{202e}b\\u{0}"


def test_html_in_a_token_is_a_text_child():
    (span,) = spans(["<img onerror=x>"], [1.0], 0, 1.0)
    assert span["children"] == "<img onerror=x>"
    assert "dangerously" not in str(span)

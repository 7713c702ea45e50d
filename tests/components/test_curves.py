import json

from components.curves import against_tokens, by_layer


def test_bars_stand_at_their_layers():
    (bars,) = by_layer([0.1, 0.2], name="x")["data"]
    assert (bars["x"], bars["y"]) == ([0, 1], [0.1, 0.2])


def test_a_curve_skips_events_without_the_figure():
    events = [{"step": 1, "tokens": 10, "loss": 3.0}, {"step": 2, "tokens": 20, "loss": None}, {"step": 3, "loss": 1.0}]
    (line,) = against_tokens(events, "loss", name="loss")["data"]
    assert (line["x"], line["y"]) == ([10, 3], [3.0, 1.0])


def test_figures_are_plain_json_without_colours_of_either_scheme():
    figure = json.loads(json.dumps(by_layer([0.5], name="x")))
    assert figure["layout"]["paper_bgcolor"] == "rgba(0,0,0,0)"
    assert "color" not in figure["layout"]["font"]

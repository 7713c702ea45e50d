from components.prompt_preview import prompt_preview, visible


def test_white_space_can_be_seen():
    assert [visible(token) for token in (" a", "\n", "\t", "", "\u202e")] == ["·a", "↵", "⇥", "∅", "\\u{202e}"]


def test_at_most_ten_guesses_are_shown():
    guesses = [{"token": f"t{number}", "probability": 0.01} for number in range(30)]
    shown = str(prompt_preview({"tokens": [{"id": 1, "text": "<bos>"}], "next": guesses, "warnings": []}))
    assert "t9'" in shown
    assert "t10'" not in shown

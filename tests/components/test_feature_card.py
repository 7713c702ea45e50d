from dataclasses import replace

import pytest

from components.feature_card import feature_card
from store.features import Example, FeatureRow, TokenValue


@pytest.fixture
def feature() -> FeatureRow:
    return FeatureRow(
        layer=3,
        feature=5,
        density=0.01,
        max_activation=4.0,
        mean_activation=1.0,
        n_tokens=1000,
        top_logits=[TokenValue(f" up{n}", 2.0 - n / 10) for n in range(10)],
        bottom_logits=[TokenValue(f" down{n}", n / 10 - 1.0) for n in range(10)],
        examples=[Example([" on", " the", " mat"], [0.0, 4.0, 1.0], 1)],
    )


def test_the_card_shows_activation_examples_and_both_ends_of_the_logits(feature: FeatureRow):
    text = str(feature_card(feature, activation=2.0))
    assert "50 %" in text
    assert "1.0 %" in text
    assert all(token in text for token in ("·up0", "·down9", "heatmap-peak"))


def test_a_bar_is_as_long_as_its_share_of_the_largest_logit(feature: FeatureRow):
    assert "{'--share': '50%'}" in str(feature_card(feature, activation=2.0))


def test_a_dead_feature_is_said_to_be_dead(feature: FeatureRow):
    dead = replace(feature, density=0.0, max_activation=0.0, examples=[])
    assert "fired on none of 1,000 tokens" in str(feature_card(dead, activation=0.5))


def test_the_reason_is_shown_where_nothing_is_known():
    text = str(feature_card("the features of x have not been collected", activation=0.5))
    assert "No examples: the features of x have not been collected." in text

from dataclasses import fields
from typing import Any

import dash_mantine_components as dmc
import pytest

from clt_core.config import AttributeConfig, TrainConfig
from clt_core.errors import InputError
from components.settings_form import field_notes, settings_inputs, settings_values


@pytest.mark.parametrize("settings", [TrainConfig, AttributeConfig])
def test_every_field_is_explained(settings):
    assert set(field_notes(settings)) == {field.name for field in fields(settings)}


def test_a_field_becomes_the_input_that_fits_its_type():
    inputs: list[Any] = settings_inputs(TrainConfig, type_id="x", names=["name", "architecture", "window", "learning_rate"])
    assert [type(one) for one in inputs] == [dmc.TextInput, dmc.Select, dmc.NumberInput, dmc.NumberInput]
    assert inputs[2].allowDecimal is False
    assert inputs[3].value == TrainConfig(name="x").learning_rate


def test_entered_values_become_settings_and_cleared_ones_defaults():
    taken = settings_values(TrainConfig, {"name": "a", "n_features": 8.0, "initial_l0": 4, "window": "", "sparsity": None})
    config = TrainConfig.from_dict(taken)
    assert (config.n_features, type(config.n_features)) == (8, int)
    assert (config.window, config.sparsity) == (None, TrainConfig(name="a").sparsity)


def test_a_required_value_that_is_missing_stays_missing():
    assert settings_values(TrainConfig, {"name": ""}) == {"name": ""}


def test_a_number_that_is_none_is_refused_by_the_name_of_its_field():
    with pytest.raises(InputError, match="learning rate must be a number, got '-'"):
        settings_values(TrainConfig, {"name": "a", "learning_rate": "-"})

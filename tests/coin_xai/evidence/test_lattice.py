"""That these networks have a lattice is measured in attribution/scenarios/test_lattice.py."""

from typing import get_args

from coin_xai.evidence.lattice import lattice
from coin_xai.networks.names import NetworkName
from coin_xai.report.sentences import translated


def test_it_is_told_of_networks_that_pool_in_windows_that_overlap():
    told = {network: lattice(network) for network in get_args(NetworkName)}
    assert [network for network, sentence in told.items() if sentence] == ["alexnet"]
    assert told["alexnet"].startswith("Behind the last convolution of alexnet, windows of pooling overlap")


def test_it_has_a_translation():
    assert "von alexnet überlappen" in translated(lattice("alexnet"), "de")

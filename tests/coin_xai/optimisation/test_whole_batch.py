import torch

from coin_xai.networks import build
from coin_xai.optimisation.ranks import Ranks
from coin_xai.optimisation.whole_batch import WholeBatchDropout, see_whole_batches


def test_a_network_keeps_its_names_and_weights_and_looks_at_photographs_as_before():
    networks = [
        build("resnet18", k=3, generator=torch.Generator().manual_seed(1), width=0.25) for _ in range(2)
    ]
    see_whole_batches(networks[0], Ranks(0, 2), device=torch.device("cpu"))
    own, plain = (network.state_dict() for network in networks)
    assert list(own) == list(plain)
    assert all(torch.equal(own[name], plain[name]) for name in own)
    photographs = torch.randn(2, 3, 224, 224)
    seen = [network.eval()(photographs) for network in networks]
    assert torch.equal(*seen)


def test_every_process_drops_its_part_of_what_one_process_drops():
    features = torch.randn(5, 40)
    torch.manual_seed(4)
    expected = torch.nn.Dropout(0.5)(features)
    found = []
    for rank in range(3):
        ranks = Ranks(rank, 3)
        ranks.batch = 5
        torch.manual_seed(4)
        found.append(WholeBatchDropout(0.5, ranks)(features[ranks.part(5)]))
    assert torch.equal(torch.cat(found), expected)
    assert torch.equal(WholeBatchDropout(0.5, ranks).eval()(features), features)

import torch

from coin_xai.attribution import METHODS, Attributor
from coin_xai.networks import build

GUIDED = "guided_backpropagation"


def test_results_do_not_depend_on_which_batch_came_first():
    network = build("alexnet", k=5, generator=torch.Generator().manual_seed(2), width=1 / 4).eval()
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if "classifier" in name or "head" in name:
                weight.mul_(10)
    photographs = torch.randn(32, 3, 224, 224, generator=torch.Generator().manual_seed(1))
    units = torch.arange(32) % 5

    def explained(*sizes):
        """Explain batches of these sizes, one after the other, and return what the single coin got."""
        attributor = Attributor(network, layer=network.attribution_layer)
        found = {
            size: attributor.attribute(photographs[:size], units[:size], methods=METHODS) for size in sizes
        }
        return found[1]

    first, later, last = explained(1), explained(2, 1), explained(32, 1)
    for other in (later, last):
        assert torch.equal(first.logit, other.logit)
        assert torch.equal(first.maps["grad_cam"], other.maps["grad_cam"])
        assert torch.equal(first.gradients[GUIDED], other.gradients[GUIDED])

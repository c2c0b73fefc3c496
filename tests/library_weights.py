"""Weights where a library keeps those that it has fetched."""

import torch
from torchvision import models


def keep_weights(name, folder, monkeypatch, *, seed=0):
    """Put random weights of a network of torchvision where it looks for its own, and return the network."""
    monkeypatch.setenv("TORCH_HOME", str(folder))
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = models.get_model(name)
    file = folder / "hub/checkpoints" / models.get_model_weights(name).DEFAULT.url.rpartition("/")[2]
    file.parent.mkdir(parents=True, exist_ok=True)
    torch.save(network.state_dict(), file)
    return network.eval()

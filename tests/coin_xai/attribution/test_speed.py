"""The planned engine beside Captum, interleaved: on a shared machine ratios alone can be trusted."""

import statistics
import subprocess
import sys

import pytest

# In a process of its own, because the number of threads holds for the whole process.
MEASURE = """
import time, warnings
warnings.simplefilter("ignore")
import torch
from captum.attr import GuidedBackprop, LayerGradCam
from coin_xai.attribution import METHODS, Attributor
from coin_xai.networks import build
torch.set_num_threads(1)
network = build("alexnet", k=10, generator=torch.Generator().manual_seed(1)).eval()
layer = network.get_submodule(network.attribution_layer)
attributor = Attributor(network, layer=network.attribution_layer)
grad_cam, guided = LayerGradCam(network, layer), GuidedBackprop(network)
photographs, units = torch.randn(32, 3, 224, 224), torch.arange(32) % 10
def ours():
    attributor.attribute(photographs, units, methods=METHODS).guided_grad_cam()
def theirs():
    grad_cam.attribute(photographs, units)
    guided.attribute(photographs, units)
def seconds(work):
    begun = time.process_time()
    work()
    return time.process_time() - begun
ours(), theirs()
for _ in range(3):
    mine, other = seconds(ours), seconds(theirs)
    print(other / mine)
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other allocators, other ratios")
def test_the_usual_three_take_half_the_time_of_captum():
    found = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, check=True, text=True)
    assert statistics.median(map(float, found.stdout.split())) >= 2

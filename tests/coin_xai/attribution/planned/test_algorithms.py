import pytest
import torch
from torch.nn import functional as F

from coin_xai.attribution.planned import algorithms
from coin_xai.attribution.planned.algorithms import ALGORITHMS, Algorithms, Correlation, has_fourier


def correlation(chosen, maps=8, is_gradient=True):
    torch.manual_seed(1)
    weight, bias = torch.randn(maps, 6, 5, 5), torch.randn(maps)
    return Correlation(weight, bias, (2, 2), layer="a", is_gradient=is_gradient, algorithms=chosen)


SIGNAL = torch.randn(8, 6, 13, 13, generator=torch.Generator().manual_seed(2))


def test_fourier_is_there_on_the_processors_that_pytorch_says_it_is():
    # It is an operator of PyTorch that may go: then the other two do its work.
    assert has_fourier() == (
        hasattr(torch, "_nnpack_spatial_convolution") and torch.backends.nnpack.is_available()
    )


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_gives_the_convolution(algorithm):
    if algorithm == "fourier" and not has_fourier():
        pytest.skip("this processor or PyTorch has no NNPACK")
    one = correlation(Algorithms(channels_last=True, measured=False))
    exact = one.exact(SIGNAL)
    assert exact.dtype == torch.float64
    error = (one.by(algorithm, SIGNAL) - exact).abs().max() / exact.abs().max()
    assert error < algorithms.ERROR_GUARD


@pytest.mark.parametrize("algorithm", ["channels last", "blocked"])
def test_results_are_laid_out_as_all_maps_are(algorithm):
    for channels_last, layout in ((True, torch.channels_last), (False, torch.contiguous_format)):
        one = correlation(Algorithms(channels_last=channels_last, measured=False))
        assert one.by(algorithm, SIGNAL).is_contiguous(memory_format=layout)


def test_measuring_chooses_once_and_remembers():
    chosen = Algorithms(channels_last=True, measured=True)
    one = correlation(chosen)
    one(SIGNAL[: algorithms.LEAST_BATCH - 1])
    assert not chosen.chosen  # too few to tell
    one(SIGNAL)
    assert chosen.chosen.keys() == {"a gradient"}
    assert chosen.chosen["a gradient"] in ALGORITHMS


def measured(monkeypatch, seconds, *, is_gradient=True):
    """Let the algorithms take these seconds, one call after the other in the order of ALGORITHMS."""
    taken = iter([seconds[algorithm] for algorithm in ALGORITHMS])
    monkeypatch.setattr(algorithms, "_seconds", lambda _work: next(taken))
    monkeypatch.setattr(algorithms, "has_fourier", lambda: True)
    chosen = Algorithms(channels_last=True, measured=True)
    return chosen.of(correlation(chosen, is_gradient=is_gradient), SIGNAL)


@pytest.mark.skipif(not has_fourier(), reason="needs NNPACK")
@pytest.mark.parametrize(
    ("seconds", "forward", "gradient"),
    [
        ((1.0, 2.0, 2.0), "channels last", "channels last"),
        ((1.0, 1.05, 2.0), "channels last", "blocked"),  # a tie goes to the more exact one, on the way back
        ((1.0, 0.95, 2.0), "blocked", "blocked"),
        ((1.0, 2.0, 0.95), "channels last", "channels last"),  # no clear win
        ((1.0, 2.0, 0.5), "fourier", "fourier"),
    ],
)
def test_the_quickest_wins(monkeypatch, seconds, forward, gradient):
    taken = dict(zip(ALGORITHMS, seconds, strict=True))
    assert measured(monkeypatch, taken, is_gradient=False) == forward
    assert measured(monkeypatch, taken) == gradient


@pytest.mark.skipif(not has_fourier(), reason="needs NNPACK")
def test_an_algorithm_that_is_not_precise_does_not_win(monkeypatch):
    monkeypatch.setattr(algorithms, "ERROR_GUARD", 1e-12)
    assert measured(monkeypatch, {"channels last": 1.0, "blocked": 1.0, "fourier": 0.1}) == "blocked"


def test_without_measuring_the_number_of_maps_decides():
    chosen = Algorithms(channels_last=True, measured=False)
    many = {
        is_gradient: Correlation(
            torch.zeros(256, 256, 1, 1), None, (0, 0), layer="b", is_gradient=is_gradient, algorithms=chosen
        )
        for is_gradient in (False, True)
    }
    assert chosen.of(correlation(chosen), SIGNAL) == "channels last"
    assert chosen.of(many[False], SIGNAL) == "channels last"
    assert chosen.of(many[True], SIGNAL) == "blocked"
    assert not chosen.chosen


def test_what_is_pinned_is_not_measured():
    chosen = Algorithms(channels_last=True, measured=True, pinned={"a gradient": "channels last"})
    one = correlation(chosen)
    torch.testing.assert_close(
        one(SIGNAL), F.conv2d(SIGNAL, one._weight, one._bias, 1, 2), rtol=1e-3, atol=1e-4
    )
    assert chosen.chosen == {"a gradient": "channels last"}


def test_double_precision_is_never_measured():
    chosen = Algorithms(channels_last=True, measured=True)
    assert chosen.of(correlation(chosen), SIGNAL.double()) == "channels last"
    assert Algorithms(channels_last=False, measured=True).of(correlation(chosen), SIGNAL) == "blocked"

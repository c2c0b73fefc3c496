import torch

from coin_xai.attribution.engines.planned import slices, steps
from coin_xai.attribution.engines.planned.operations import Rectify
from coin_xai.attribution.engines.planned.pooling import Pool, RectifiedPool
from coin_xai.attribution.engines.planned.slices import Sliced, with_slices

POOL = steps.MaxPool(kernel=(3, 3), stride=(2, 2), padding=(0, 0), dilation=(1, 1), ceil_mode=False)


def operations():
    return [Rectify(), RectifiedPool(Pool(POOL, layout=torch.channels_last)), Rectify()]


def test_slices_give_bit_for_bit_what_the_batch_does(monkeypatch):
    monkeypatch.setattr(slices, "PIXELS_AT_ONCE", 3 * 13 * 13)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    signal, gradient = torch.randn(7, 4, 13, 13), torch.randn(7, 4, 6, 6)
    first, second, _ = operations()
    sizes = []
    plain = first.forward
    first.forward = lambda part, *, keep: sizes.append(len(part)) or plain(part, keep=keep)
    found, memory = Sliced([first, second]).forward(signal.clone(), keep=True)
    assert sizes == [3, 2, 2]
    one, other, _ = operations()
    rectified, masks = one.forward(signal.clone(), keep=True)
    expected, winners = other.forward(rectified, keep=True)
    assert torch.equal(found, expected)
    for rule in ("standard", "guided", "deconv"):
        back = Sliced([first, second]).back(gradient.clone(), memory, rule)
        assert torch.equal(back, one.back(other.back(gradient.clone(), winners, rule), masks, rule))


def test_threads_get_work_of_their_own(monkeypatch):
    monkeypatch.setattr(slices, "PIXELS_AT_ONCE", 1)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 4)
    _, memory = Sliced(operations()[:2]).forward(torch.randn(8, 2, 9, 9), keep=False)
    assert len(memory) == 2


def test_only_what_ends_in_the_first_pool_is_sliced():
    first, pool, last = operations()
    sliced, *others = with_slices([first, pool, last, pool])
    assert isinstance(sliced, Sliced)
    assert others == [last, pool]
    assert with_slices([first, last]) == (first, last)

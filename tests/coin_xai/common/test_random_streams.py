from coin_xai.common.random_streams import integer, stream, torch_stream


def test_a_stream_depends_on_seed_name_and_epoch_alone():
    first = stream(31, "sampling", 4).random(3).tolist()
    stream(31, "k-means", 4).random(100)
    assert stream(31, "sampling", 4).random(3).tolist() == first


def test_streams_differ():
    draws = {
        integer(stream(seed, name, epoch))
        for seed in (1, 2)
        for name in ("k-means", "sampling")
        for epoch in range(5)
    }
    assert len(draws) == 20


def test_the_torch_stream_is_seeded_likewise():
    assert torch_stream(3, "head", 1).initial_seed() == integer(stream(3, "head", 1))

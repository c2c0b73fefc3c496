from coin_xai.mint.chance import Purpose, stream


def test_same_name_same_numbers():
    assert stream(1, Purpose.COIN, 17).random() == stream(1, Purpose.COIN, 17).random()


def test_seed_purpose_and_number_each_make_another_stream():
    values = [
        stream(seed, purpose, number).random()
        for seed in (0, 1)
        for purpose in (Purpose.COIN, Purpose.FLAN)
        for number in (1, 2)
    ]
    assert len(set(values)) == 8


def test_the_numbers_behind_the_purposes_are_frozen():
    assert [(p.name, p.value) for p in Purpose] == [
        ("TYPES", 0),
        ("DIE", 1),
        ("COIN", 2),
        ("FLAN", 3),
        ("SURFACE", 4),
        ("BACKGROUND", 5),
        ("CAMERA", 6),
        ("SHOT", 7),
        ("CLUSTER", 8),
    ]

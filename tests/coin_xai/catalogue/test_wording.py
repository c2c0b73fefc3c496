import pytest

from coin_xai.catalogue.wording import count, printable, quoted, some


@pytest.mark.parametrize("text", ["Münze 1 – “R”.jpg", "🪙👩‍🔬", "-rf *", "ру́бль\u00a0№ 5", r"a\b"])
def test_what_can_be_printed_stays_as_it_is(text):
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (b"m\xfcnze".decode("utf-8", "surrogateescape"), r"m\xfcnze"),
        ("a\nb\tc", r"a\nb\tc"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("line\u2028break", r"line\u2028break"),
        ("half \ud83d of a sign", r"half \ud83d of a sign"),
    ],
)
def test_what_cannot_be_printed_is_escaped(text, shown):
    assert printable(text) == shown
    shown.encode()


def test_what_is_quoted_neither_breaks_nor_floods_a_message():
    assert quoted("a.jpg") == "'a.jpg'"
    assert quoted("a\nb") == r"'a\nb'"
    assert quoted("x" * 100) == f"'{'x' * 60}...'"


def test_of_many_values_the_first_are_named_and_the_others_counted():
    assert some("abc") == "a, b, c"
    assert some("abcdefgh") == "a, b, c, d, e and 3 more"


def test_one_is_called_otherwise_than_several_or_none():
    assert [count(number, "coin") for number in (0, 1, 2)] == ["0 coins", "1 coin", "2 coins"]
    assert count(1, "entry has", "entries have") == "1 entry has"
    assert count(3, "entry has", "entries have") == "3 entries have"

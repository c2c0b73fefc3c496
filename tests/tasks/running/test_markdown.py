import pytest

from tasks.running.markdown import artifact_key, plain, table


def test_a_table_has_a_line_under_its_header():
    assert table(["a", "b"], [[1, "x"], [2, "y"]]) == "| a | b |\n| --- | --- |\n| 1 | x |\n| 2 | y |"


@pytest.mark.parametrize("text", ["<script>", "a|b", "[x](y)", "# title", "`code`", "$x$"])
def test_nothing_in_a_plain_text_is_markup(text):
    escaped = plain(text)
    assert escaped.replace("\\", "") == text
    assert all(escaped[at - 1] == "\\" for at, sign in enumerate(escaped) if sign in "<>|[]()#`$")


def test_a_plain_text_is_one_line():
    assert plain("a\n\n| b") == "a \\| b"


def test_a_key_has_only_signs_that_prefect_allows():
    assert artifact_key("Münzen 2 (k=8)") == "coin-xai-m-nzen-2-k-8"

from coin_xai.report.readme import CONTENTS, readme


def test_it_names_the_files_that_are_there_and_the_run_as_text():
    names = [name for name in CONTENTS if not name.startswith("page/claims/")]
    text = readme("a <b>[c](d)`", names, coins=30, clusters=4, version="0.1.0")
    assert text.startswith("# a \\<b>\\[c](d)\\`\n")
    assert "30 coins, divided into 4 clusters" in text
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert rows == [f"| `{name}` | {CONTENTS[name]} |" for name in names]

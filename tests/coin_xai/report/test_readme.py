from coin_xai.report.readme import CONTENTS, readme


def test_it_names_every_file_and_the_run_as_text():
    text = readme("a <b>[c](d)`", coins=30, clusters=4, version="0.1.0")
    assert text.startswith("# a \\<b>\\[c](d)\\`\n")
    assert "30 coins, divided into 4 clusters" in text
    assert all(f"| `{name}` | {says} |" in text for name, says in CONTENTS.items())

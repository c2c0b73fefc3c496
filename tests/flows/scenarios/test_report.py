import zipfile

import pytest

pytestmark = pytest.mark.slow


def test_the_page_is_named_and_packed_to_be_mailed(command_line, explained):
    named = command_line(["report", explained])
    assert named.exit_code == 0
    assert f"{explained / 'latest' / 'report.html'}" in named.output.replace("\n", "")
    packed = command_line(
        ["report", explained, "--bundle", "--author", "Meier, Eva", "--base-url", "https://example.org"]
    )
    assert packed.exit_code == 0
    with zipfile.ZipFile(explained / "test.zip") as archive:
        assert 'family-names: "Meier"' in archive.read("test/CITATION.cff").decode()
        assert [name for name in archive.namelist() if name.endswith("manifest.json") and "iiif" in name]
    alone = command_line(["report", explained, "--bundle", "--without-photographs"])
    assert "test-without-photographs.zip" in alone.output.replace("\n", "")
    for options in (["--without-photographs"], ["--author", "x"], ["--base-url", "https://example.org"]):
        refused = command_line(["report", explained, *options])
        assert refused.exit_code == 2
        assert "give --bundle" in refused.output

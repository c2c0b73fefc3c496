import zipfile

import pytest

pytestmark = pytest.mark.slow


def test_the_page_is_named_and_packed_to_be_mailed(study, command_line, tmp_path):
    study(tmp_path, "--epochs", "1")
    run = tmp_path / "test"
    named = command_line(["report", run])
    assert named.exit_code == 0
    assert f"{run / 'latest' / 'report.html'}" in named.output.replace("\n", "")
    packed = command_line(
        ["report", run, "--bundle", "--author", "Meier, Eva", "--base-url", "https://example.org"]
    )
    assert packed.exit_code == 0
    with zipfile.ZipFile(run / "test.zip") as archive:
        assert 'family-names: "Meier"' in archive.read("test/CITATION.cff").decode()
        assert [name for name in archive.namelist() if name.endswith("manifest.json") and "iiif" in name]
    alone = command_line(["report", run, "--bundle", "--without-photographs"])
    assert "test-without-photographs.zip" in alone.output.replace("\n", "")
    for options in (["--without-photographs"], ["--author", "x"], ["--base-url", "https://example.org"]):
        refused = command_line(["report", run, *options])
        assert refused.exit_code == 2
        assert "give --bundle" in refused.output

import pytest

from coin_xai.report.page import render
from coin_xai.report.scripts import SCRIPTS
from coin_xai.report.words import LANGUAGES


def test_the_page_has_every_file_that_it_names_and_no_other(drawn):
    page, files = render(drawn.report())
    pages = [page, *(files[name].decode() for name in files if name.endswith(".html"))]
    named = {name for name in files for text in pages if f"page/app/{name}" in text}
    assert named | {"atlas.jpg"} == set(files)
    assert "page/app/atlas.jpg" in files["map_pen.js"].decode()


def test_there_is_a_page_in_every_language(drawn):
    page, files = render(drawn.report())
    assert 'lang="en"' in page
    for language in LANGUAGES[1:]:
        assert f'lang="{language}"' in files[f"report.{language}.html"].decode()


def test_the_same_report_gives_the_same_bytes(drawn):
    assert render(drawn.report()) == render(drawn.report())


def test_another_report_gives_other_bytes(drawn):
    assert render(drawn.report(title="another")) != render(drawn.report())


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_script_makes_markup_or_code_of_a_text(name, drawn):
    script = render(drawn.report())[1][name].decode()
    for dangerous in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("):
        assert dangerous not in script


def test_no_script_asks_the_net(drawn):
    for name, content in render(drawn.report())[1].items():
        if name.endswith(".js"):
            for way in (b"fetch(", b"XMLHttpRequest", b"WebSocket", b"sendBeacon", b"import("):
                assert way not in content, name

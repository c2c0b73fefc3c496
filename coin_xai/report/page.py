"""Renders the page of one explanation: its HTML and the files that it needs beside it."""

from importlib import resources

from coin_xai.report.charts import cluster_sizes, training_curves
from coin_xai.report.data import script
from coin_xai.report.model import Report
from coin_xai.report.overview import overview
from coin_xai.report.scripts import SCRIPTS, concepts_data, contrasts_data, heat_data, page_data
from coin_xai.report.words import LANGUAGES, words


def render(report: Report) -> tuple[str, dict[str, bytes]]:
    """Return the page in English, and by name the files in the folder `page/app` that it needs beside it.

    Among them is the page in the other languages. Every text from tables and names is escaped, and the page
    asks nothing of the net. The same report gives the same bytes.
    """
    files = {name: _source(name) for name in (*SCRIPTS, "style.css")}
    files["page.data.js"] = script("PAGE", page_data(report))
    files["heat.data.js"] = script("HEAT", heat_data(report))
    files["concepts.data.js"] = script("CONCEPTS", concepts_data(report))
    files["contrasts.data.js"] = script("CONTRASTS", contrasts_data(report))
    if report.atlas is not None:
        files["atlas.jpg"] = report.atlas[0]
    for language in LANGUAGES:
        spoken = words(language)
        files[f"words.{language}.js"] = script("WORDS", spoken)
        files[f"curves.{language}.svg"] = training_curves(report.metrics, spoken).encode()
        files[f"sizes.{language}.svg"] = cluster_sizes(report.clusters, spoken).encode()
    weight = report.pictures_bytes + sum(len(content) for content in files.values())
    for language in LANGUAGES[1:]:
        files[f"report.{language}.html"] = overview(report, language, root="../../", weight=weight).encode()
    return overview(report, LANGUAGES[0], root="", weight=weight), files


def _source(name: str) -> bytes:
    return resources.files("coin_xai.report").joinpath("browser", name).read_bytes()

"""Renders the page of a comparison: its HTML in all languages, and the files that it needs beside it."""

import math
from collections.abc import Callable, Iterator, Mapping
from importlib import resources
from typing import Any, NamedTuple

import numpy as np

from coin_xai.clustering.falls import LIMIT
from coin_xai.comparison.cores import SHUFFLES
from coin_xai.comparison.settings import SEED
from coin_xai.report.comparison.data import blocks_of_maps, heat_settings, study_data
from coin_xai.report.comparison.k_chart import k_chart
from coin_xai.report.comparison.model import ComparisonReport
from coin_xai.report.data import call, script
from coin_xai.report.overview import POLICY, percent, said_in, template
from coin_xai.report.words import LANGUAGES, Language, comparison_words, text

PACKAGE = "coin_xai.report.comparison"
SHARED_SCRIPTS = ("element.js", "heat.js")
"""Of the page of a run."""

SCRIPTS = ("study.js", "runs_table.js", "apart.js", "flows.js", "cores.js", "one_coin.js", "compare.js")
"""In the order that they build on each other."""

SHADES = 10
"""Of the cells of the matrix: a class in the style for each."""


def _two_digits(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}"  # the sum makes a nought of minus nought


FIGURES = {"recognition": percent, "stability": _two_digits, "ami_to_label": _two_digits}
"""What the table of runs tells of each where it is known, and how it is written."""


class Cell(NamedTuple):
    """A cell of the table of runs: what it shows, what stands behind it, what it is sorted by ("": last)."""

    shown: str
    beside: str
    sorted_by: float | str


def render(report: ComparisonReport) -> dict[Language, str]:
    """Return the pages by language; each needs the files of `parts` beside it, in the folder `app`.

    Every text from tables and names is escaped, and the page asks nothing of the net. The same report gives
    the same bytes.
    """
    return {language: _page(report, language) for language in LANGUAGES}


def parts(report: ComparisonReport) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each file that the pages need, one by one: maps of many coins are large."""
    for name in (*SHARED_SCRIPTS, "style.css"):
        yield name, _source("coin_xai.report", name)
    for name in (*SCRIPTS, "comparison.css"):
        yield name, _source(PACKAGE, name)
    for language in LANGUAGES:
        spoken = comparison_words(language)
        yield f"words.{language}.js", script("WORDS", spoken)
        yield f"k.{language}.svg", k_chart(report.runs, report.falls, spoken).encode()
    yield "study.data.js", script("STUDY", study_data(report))
    yield "heat.data.js", script("PAGE", heat_settings())
    for block in blocks_of_maps(report):
        yield f"maps.{block['number']}.js", call("keepMaps", block)


def _page_name(language: Language) -> str:
    """Return the name of the page in a language."""
    return "comparison.html" if language == LANGUAGES[0] else f"comparison.{language}.html"


def _page(report: ComparisonReport, language: Language) -> str:
    comparison, label = report.comparison, None if report.label is None else report.label[0]

    def word(key: str, **values: object) -> str:
        return text(key, language, **values)

    return template(PACKAGE, "comparison.html.j2").render(
        report=report,
        language=language,
        others=[(one, text("language_name", one), _page_name(one)) for one in LANGUAGES if one != language],
        policy=POLICY,
        label=label,
        columns=_columns(report, word),
        rows=[_cells(row, report, word) for row in report.runs.to_dict("records")],
        bounded="recognition_is_upper_bound" in report.runs
        and report.runs["recognition_is_upper_bound"].eq(True).any(),
        seeds=_seeds(report, word),
        figures=[_heading(name, report, word) for name in FIGURES if name in report.runs],
        names=[one.name for one in report.shown],
        order=comparison.order,
        ami=comparison.ami,
        shade=lambda value: round(SHADES * min(1.0, max(0.0, value))),
        tree=len(comparison.tree) > 1,
        which_k=_which_k(report, word),
        cores=comparison.cores,
        counted=int(comparison.cores.table["beyond_chance"].sum()),
        largest=int(comparison.cores.table["coins"].max()) if len(comparison.cores.table) else 1,
        shuffles=SHUFFLES,
        mean_company=f"{comparison.company.mean():.2f}",
        company_by_chance=f"{comparison.company_by_chance:.2f}",
        scripts=[f"words.{language}.js", "study.data.js", "heat.data.js", *_programs()],
        percent=percent,
        word=word,
        said=lambda sentence: said_in(sentence, language),
    )


def _which_k(report: ComparisonReport, word: Callable[..., str]) -> str:
    """Say which number of clusters stands out."""
    falls = report.falls
    if falls is None:
        return word("k_unknown")
    values = {"highest": int(falls.table["k"].max()), "limit": f"{LIMIT:g}"}
    times = f"{falls.table['times'].max():.1f}"
    if falls.stands_out is None:
        said = word("k_none", times=times, **values)
    else:
        said = word("k_stands_out", k=falls.stands_out, times=times, **values)
    return f"{said} {word('k_left_out', count=falls.left_out)}" if falls.left_out else said


def _programs() -> list[str]:
    """Return the scripts in the order that they build on each other; heat.js asks the study for settings."""
    first, *others = SCRIPTS
    return ["element.js", first, "heat.js", *others]


def _columns(report: ComparisonReport, word: Callable[..., str]) -> list[str]:
    """Return the headings of the table of runs."""
    return [
        word("run"),
        *report.settings,
        word("number_of_coins"),
        word("number_of_clusters"),
        *(_heading(name, report, word) for name in FIGURES if name in report.runs),
        *([word("claims_column")] if "claims" in report.runs else []),
        word("warnings_column"),
    ]


def _heading(figure: str, report: ComparisonReport, word: Callable[..., str]) -> str:
    label = "" if report.label is None else report.label[0]
    return {
        "recognition": word("recognised"),
        "stability": word("mean_stability"),
        "ami_to_label": word("ami_with", label=label),
    }[figure]


def _cells(row: Mapping[str, Any], report: ComparisonReport, word: Callable[..., str]) -> list[Cell]:
    """Return one row of it."""
    shown = next(one for one in report.shown if one.name == row["run"])
    cells = [_plain(row[name]) for name in ("run", *report.settings, "coins", "clusters")]
    if "recognition" in row:
        interval = ("recognition_low", "recognition_high", "recognition_hog")
        low, high, hog = (percent(row[name]) for name in interval)
        beside = word("recognised_interval", low=low, high=high, hog=hog)
        cells.append(_figure(row["recognition"], percent, beside, word))
    if "stability" in row:
        cells.append(_figure(row["stability"], _two_digits, "", word))
    if "ami_to_label" in row:
        nothing_learnt = row.get("hog_ami_to_label", math.nan)
        beside = word("ami_beside", hog=_two_digits(nothing_learnt)) if _known(nothing_learnt) else ""
        cells.append(_figure(row["ami_to_label"], _two_digits, beside, word))
    if "claims" in row:
        verdicts = zip(shown.verdicts["number"], shown.verdicts["verdict"], strict=True)
        told = [f"{number} {word('verdict_' + verdict.replace(' ', '_'))}" for number, verdict in verdicts]
        cells.append(Cell(", ".join(told), "", len(told)))
    cells.append(Cell(str(len(shown.warnings)), "", len(shown.warnings)))
    return cells


def _seeds(report: ComparisonReport, word: Callable[..., str]) -> list[tuple[str, str, list[Cell]]]:
    """Return settings that have several seeds: names of their runs, the settings, and mean and spread."""
    found = []
    for row in report.seeds[report.seeds["seeds"] > 1].to_dict("records"):
        runs = report.runs[report.runs["setting"] == row["setting"]]
        values = [f"{name} {_plain(runs[name].iloc[0]).shown}" for name in report.settings if name != SEED]
        cells = []
        for name, form in FIGURES.items():
            if name in report.runs:
                spread, known = row[f"{name}_spread"], row[f"{name}_seeds"]
                beside = [word("spread", value=form(spread))] if _known(spread) else []
                if known < row["seeds"]:
                    beside.append(word("spread_of_some", known=known, seeds=row["seeds"]))
                cells.append(_figure(row[f"{name}_mean"], form, " ".join(beside), word))
        found.append((", ".join(runs["run"]), ", ".join(values), cells))
    return found


def _figure(value: float, form: Callable[[float], str], beside: str, word: Callable[..., str]) -> Cell:
    if not _known(value):
        return Cell(word("unknown"), "", "")
    return Cell(form(value), beside, float(value))


def _plain(value: object) -> Cell:
    """Return a setting or a name as it is written."""
    if isinstance(value, float) and math.isnan(value):
        return Cell("", "", "")
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.number):
        return Cell("" if value is None else str(value), "", "" if value is None else str(value))
    return Cell(f"{value:g}", "", float(value))


def _known(value: float) -> bool:
    return not math.isnan(value)


def _source(package: str, name: str) -> bytes:
    return resources.files(package).joinpath("browser", name).read_bytes()

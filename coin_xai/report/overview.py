"""The overview as HTML: what was run, what speaks against it, and the list of clusters."""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from coin_xai.evidence.recognition_tables import HOG, LARGEST, NEIGHBOURS, NETWORK, SHUFFLED, UNTRAINED
from coin_xai.evidence.typical import typical_first
from coin_xai.report.claims import cards, not_asked
from coin_xai.report.model import Report
from coin_xai.report.scripts import SCRIPTS, by_size
from coin_xai.report.sentences import reason_in, translated
from coin_xai.report.words import LANGUAGES, Language, text

MEDOIDS = 4
RECOGNISERS = (NETWORK, UNTRAINED, HOG, SHUFFLED, LARGEST, NEIGHBOURS)
LISTED_AT_MOST = 60
OF_CLAIMS = "table_claims_"

POLICY = "; ".join(
    (
        "default-src 'none'",
        # Browsers differ in what 'self' means for a file on disk; `file:` says it for all of them.
        "script-src 'self' file:",
        "style-src 'self' file:",
        "img-src 'self' file:",
        "base-uri 'none'",
        "form-action 'none'",
    )
)


class Recogniser(NamedTuple):
    """A row of the table of recognition.

    Attributes:
        what: of `RECOGNISERS`.
        name: of that in the language of the page.
        value: the share of coins that it recognised, and its interval, in words.
        bar: the same three in per cent: share, low, high.
    """

    what: str
    name: str
    value: str
    bar: tuple[float, ...]


def overview(report: Report, language: Language, *, root: str, weight: int) -> str:
    """Return the page, with the overview in it and a place for the others.

    Args:
        report: what it is made of.
        language: of its words.
        root: relative address of the folder that the report lies in, "" for that folder itself.
        weight: of all that belongs to the page, in bytes.
    """
    clusters = by_size(report.clusters)
    return template("coin_xai.report", "page.html.j2").render(
        report=report,
        language=language,
        others=[(one, text("language_name", one), _page(one, root)) for one in LANGUAGES if one != language],
        root=root,
        policy=POLICY,
        clusters=clusters,
        medoids=_medoids(report),
        facts=[_fact(key, values, language) for key, values in report.facts],
        given=any(values.get("way") == "@by_given" for _, values in report.facts),
        failed=[(translated(which, language) or which, reason) for which, reason in report.failed],
        recognition=_recognition(report, language),
        bounded=report.recognition is None or report.recognition.upper_bound,
        because=lambda reason: reason_in(reason, language),
        cards=cards(report, language),
        not_asked=not_asked(report, language),
        pictures=_pictures(report),
        tables_of_claims=[table for table in report.tables if table.key.startswith(OF_CLAIMS)],
        audit=report.audit.to_dict("records"),
        cleaning=report.cleaning.to_dict("records"),
        listed=LISTED_AT_MOST,
        pairs=int(report.cleaning["other_coin_id"].notna().sum()),
        broken=report.broken.to_dict("records"),
        size=max(1, round(weight / 1e6)),
        cells=next((maps.shape[1] for maps in report.heats.values()), 1),
        scripts=[
            f"words.{language}.js",
            "page.data.js",
            "heat.data.js",
            "concepts.data.js",
            "contrasts.data.js",
            *SCRIPTS,
        ],
        percent=percent,
        word=lambda key, **values: text(key, language, **values),
        said=lambda sentence: said_in(sentence, language),
    )


def _recognition(report: Report, language: Language) -> list[Recogniser]:
    tables = report.recognition
    if tables is None:
        return []
    rows = tables.summary.to_dict("records")
    order = sorted(rows, key=lambda row: RECOGNISERS.index(row["what"]))
    bounded = "head" if tables.upper_bound else "training"
    return [
        Recogniser(
            what=row["what"],
            name=text(f"by_{NETWORK}_{bounded}" if row["what"] == NETWORK else f"by_{row['what']}", language),
            value=text(
                "recognition_value",
                language,
                share=percent(row["recognition"]),
                low=percent(row["low"]),
                high=percent(row["high"]),
            )
            if row["what"] != LARGEST
            else percent(row["recognition"]),
            bar=tuple(round(100 * row[one], 1) for one in ("recognition", "low", "high")),
        )
        for row in order
    ]


def percent(share: float) -> str:
    """Return a share as whole per cent."""
    return f"{100 * share:.0f} %"


def said_in(sentence: str, language: Language) -> Markup:
    """Return a sentence of another room in the language of the page; one that stays English is marked so."""
    spoken = translated(sentence, language)
    return Markup('<span lang="en">{}</span>').format(sentence) if spoken is None else escape(spoken)


def _page(language: Language, root: str) -> str:
    return f"{root}report.html" if language == "en" else f"{root}page/app/report.{language}.html"


def _fact(key: str, values: Mapping[str, str | int], language: Language) -> tuple[str, str]:
    """Return a word and its sentence; a value that is itself a key of a word, marked by @, is translated."""
    spoken = {
        name: text(value[1:], language, **values)
        if isinstance(value, str) and value.startswith("@")
        else value
        for name, value in values.items()
    }
    return text(key, language), text(f"{key}_is", language, **spoken)


def _medoids(report: Report) -> dict[int, list[tuple[str, str]]]:
    """Return names and addresses of the photographs of the most typical coins, by cluster."""
    coins, pictures = typical_first(report.coins), _pictures(report)
    return {
        cluster: [
            (coin_id, pictures[coin_id])
            for coin_id in coins.loc[coins["cluster"] == cluster, "coin_id"].head(MEDOIDS)
        ]
        for cluster in report.clusters["cluster"].tolist()
    }


def _pictures(report: Report) -> dict[str, str]:
    """Return the address of the photograph of each coin."""
    rows = zip(report.coins["coin_id"], report.coins["cluster"], report.stems, strict=True)
    return {coin_id: f"page/pictures/{cluster}/{quote(stem)}.jpg" for coin_id, cluster, stem in rows}


@cache
def template(package: str, name: str) -> Template:
    """Return a template of a page from the folder `browser` of a package; it escapes whatever it is given."""
    environment = Environment(
        loader=PackageLoader(package, "browser"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)

from html.parser import HTMLParser

import pandas as pd
import pytest

from coin_xai.report.page import COINS_SHOWN_AT_ONCE, Report, render

HOSTILE = "<script>alert('coin')</script>\"&"


class Page(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.words = [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def named(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def coin(number, *, cluster=0, **other):
    return {
        "coin_id": f"MC_{number:04}_R",
        "cluster": cluster,
        "score": 9.0,
        "margin": 1.25,
        "runner_up_cluster": 1,
        "head_agrees": True,
        "distance": float(number),
        "cam_maximum": 0.0321,
        "no_positive_evidence": False,
        "photograph": f"results/1/{cluster}/{number}-photograph.jpg",
        "grad_cam": f"results/1/{cluster}/{number}-grad_cam.png",
        **other,
    }


def cluster(number, size, **other):
    facts = {"class_index": number, "size": size, "head_fit": 0.5, "no_positive_evidence": 0}
    return {"cluster": number, **facts, "folder": f"results/1/{number}/", **other}


def report(coins, clusters, **other):
    content = {
        "title": "a run",
        "facts": [("network", "AlexNet")],
        "warnings": [],
        "metrics": pd.DataFrame({"epoch": [0, 1], "ami_to_previous": [None, 0.5]}),
        "clusters": pd.DataFrame(clusters),
        "coins": pd.DataFrame(coins),
        "methods": [("photograph", "Photograph"), ("grad_cam", "Grad-CAM")],
        "broken": pd.DataFrame({"path": [], "error": []}),
        "failed": [],
        "links": [("table as CSV", "assignments.csv")],
        **other,
    }
    return Report(**content)


def test_every_coin_has_every_picture_with_a_caption_and_its_numbers():
    page = Page(render(report([coin(1), coin(2)], [cluster(0, 2)])))
    sources = [image["src"] for image in page.named("img")]
    assert sources == [
        "results/1/0/1-photograph.jpg",
        "results/1/0/1-grad_cam.png",
        "results/1/0/2-photograph.jpg",
        "results/1/0/2-grad_cam.png",
    ]
    assert page.named("img")[1]["alt"] == "Grad-CAM of MC_0001_R"
    assert "margin 1.25 over cluster 1 · strongest evidence 0.032" in page.text


def test_large_clusters_come_first_and_typical_coins_first_in_each():
    coins = [coin(3), coin(1), coin(2, cluster=1)]
    page = Page(render(report(coins, [cluster(1, 1), cluster(0, 2)])))
    assert [one["id"] for one in page.named("section")] == ["cluster-0", "cluster-1"]
    order = [image["alt"] for image in page.named("img")][::2]
    assert order == ["Photograph of MC_0001_R", "Photograph of MC_0003_R", "Photograph of MC_0002_R"]


def test_a_large_cluster_folds_its_later_coins():
    coins = [coin(number) for number in range(COINS_SHOWN_AT_ONCE + 5)]
    page = Page(render(report(coins, [cluster(0, len(coins))])))
    assert "5 more, the nearest to the centre first" in page.text
    assert len(page.named("img")) == 2 * len(coins)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"head_agrees": False}, "the head votes for another cluster"),
        ({"no_positive_evidence": True, "cam_maximum": 0.0}, "no positive evidence"),
    ],
)
def test_a_doubtful_coin_says_so(facts, words):
    assert words in Page(render(report([coin(1, **facts)], [cluster(0, 1)]))).text


def test_warnings_failures_and_broken_photographs_are_shown():
    broken = pd.DataFrame({"path": ["x.jpg"], "error": ["x.jpg is empty"]})
    failed = [("cluster 3", "OSError: disk")]
    page = render(
        report([coin(1)], [cluster(0, 1)], broken=broken, failed=failed, warnings=["Mostly noise."])
    )
    text = Page(page).text
    assert "Mostly noise." in text
    assert "cluster 3 failed. OSError: disk" in text
    assert "Photographs that could not be used x.jpg x.jpg is empty" in text


def test_every_text_from_outside_is_escaped():
    hostile = report(
        [coin(1, coin_id=HOSTILE)],
        [cluster(0, 1)],
        title=HOSTILE,
        facts=[(HOSTILE, HOSTILE)],
        warnings=[HOSTILE],
        failed=[(HOSTILE, HOSTILE)],
        broken=pd.DataFrame({"path": [HOSTILE], "error": [HOSTILE]}),
        links=[(HOSTILE, "a.csv")],
    )
    page = Page(render(hostile))
    assert page.named("script") == []
    assert page.text.count("alert('coin')") >= 9
    assert page.named("img")[0]["alt"] == f"Photograph of {HOSTILE}"


def test_the_page_needs_nothing_from_elsewhere():
    page = Page(render(report([coin(1)], [cluster(0, 1)])))
    addresses = [value for _, one in page.elements for name, value in one.items() if name in ("src", "href")]
    assert addresses
    assert not [address for address in addresses if ":" in address or address.startswith("/")]


def test_the_same_report_gives_the_same_bytes():
    one = report([coin(1)], [cluster(0, 1)])
    assert render(one) == render(one)

import io
import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from coin_xai.catalogue.names import catalogue
from coin_xai.deepcluster.diagnostics import diagnose
from coin_xai.errors import PhotographError
from coin_xai.evidence.recognition_tables import BETWEEN_REASONS
from coin_xai.photographs.cleaning import NEARLY_THE_SAME, NO_COIN, OF_ONE_SHAPE, REASONS
from coin_xai.photographs.doubts import DOUBTS
from coin_xai.photographs.photograph import decode
from coin_xai.report.sentences import SENTENCES, reason_in, translated
from tasks.running.failures import Failure

PLACES = re.compile(r"\{(\w+)\}")


@pytest.mark.parametrize(("english", "german"), SENTENCES)
def test_a_sentence_in_another_language_says_nothing_that_the_english_one_does_not(english, german):
    assert set(PLACES.findall(german)) <= set(PLACES.findall(english))
    assert german.strip()


def test_every_warning_has_a_translation():
    bad = {
        "dimensions": 64,
        "ami_to_previous": 0.01,
        "loss": 3.0,
        "loss_of_chance": 3.0,
        "largest_cluster_share": 0.6,
        "empty_clusters": 2,
        "head_fit": 0.4,
        "ami_to_label": 0.3,
        "baseline_ami_to_label": 0.35,
        "label": "motif",
    }
    rows = [bad, bad, bad, {**bad, "ami_to_label": 0.1}]
    said = diagnose(rows, n_coins=100, k=10)
    assert len(said) == 8
    spoken = [translated(sentence, "de") for sentence in said]
    assert None not in spoken
    assert "100 Münzen in 64 PCA-Dimensionen" in spoken[0]
    assert spoken[-1].startswith("Die Cluster stimmen weniger mit motif überein (AMI 0.10)")


@pytest.mark.parametrize(
    "reason", [*filter(None, sum(REASONS.values(), ())), NO_COIN, NEARLY_THE_SAME, OF_ONE_SHAPE, *DOUBTS]
)
def test_every_reason_to_look_at_a_photograph_has_a_translation(reason):
    assert translated(reason, "de") not in (None, reason)


def picture(shape=(20, 20), mode="RGB"):
    encoded = io.BytesIO()
    Image.fromarray(np.zeros(shape, np.float32 if mode == "F" else np.uint8)).save(encoded, format="TIFF")
    return encoded.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "a b.jpg ist leer"),
        (b"<svg/>", "keine Photographie in JPEG"),
        (picture()[:-60], "lässt sich nicht lesen"),
        (picture((4, 400)), "400 x 4 Pixel und ist mehr als 8-mal so lang"),
        (picture(mode="F"), "Grautöne mit 32 Bit"),
    ],
)
def test_every_fault_of_a_photograph_has_a_translation(data, words):
    with pytest.raises(PhotographError) as error:
        decode(data, name="a b.jpg")
    assert words in translated(str(error.value), "de")


def test_names_that_no_table_can_hold_have_a_translation():
    errors = catalogue(["a\x07.jpg", "b\udcff.jpg"])["error"]
    spoken = sorted(translated(error, "de").split()[1] for error in errors)
    assert spoken == ["hat", "heißt"]


def test_each_reason_against_maps_has_a_translation(drawn):
    tables = drawn.recognition()
    reasons = [one for reason in tables.clusters["reason"] for one in reason.split(BETWEEN_REASONS)]
    assert len(reasons) >= 4
    assert None not in [translated(reason, "de") for reason in reasons]
    said = reason_in(BETWEEN_REASONS.join(reasons[:2]), "de")
    assert "gemischte Cluster" in said
    assert "Anteil des größten Clusters (60 %)" in said


def test_what_failed_is_named():
    assert translated(Failure(3, 2, "").which, "de") == "Cluster 3, Stück 2"
    assert translated(Failure(3, None, "").which, "de") == "Cluster 3"


def test_names_may_hold_anything_even_braces_and_lines():
    assert translated("a{b}\n.jpg is empty", "de") == "a{b}\n.jpg ist leer"


def test_what_is_not_in_the_table_is_told_apart():
    assert translated("OSError: disk", "de") is None
    assert translated("OSError: disk", "en") == "OSError: disk"
    assert pd.notna(translated("blurred", "en"))

"""What the manifest says of the worth of an explanation, and of each file that is no evidence."""

from coin_xai.evidence.recognition_tables import RecognitionTables
from storage.layout import ExplanationLayout
from storage.markers import MARKER
from tasks.load import PHOTOGRAPH, picture_name

PHOTOGRAPH_SUFFIX = picture_name("", PHOTOGRAPH)
MATCH_SUFFIXES = tuple(picture_name("", "match", pictures=suffix) for suffix in ("png", "jpg"))
"""Of pictures that explain the clustering, whatever the network knows of it."""


def worth_of(recognition: RecognitionTables) -> dict[str, object]:
    """Return recognition as plain values: of all coins by what was asked, and of each cluster."""
    by_name = recognition.summary.drop(columns="repeated").set_index("what")
    clusters = recognition.clusters.set_index("cluster")
    return {
        "recognition": {
            "repeated": recognition.summary["repeated"].iloc[0],
            "upper_bound": recognition.upper_bound,
            **{str(what): row for what, row in by_name.to_dict("index").items()},
        },
        "clusters": {str(cluster): row for cluster, row in clusters.to_dict("index").items()},
    }


class NoEvidence:
    """Marks the maps, and the pictures drawn from them, of clusters whose maps are no evidence.

    A picture that leaves its page leaves its warning behind; whoever looks it up in the manifest finds it
    there. The pictures themselves are drawn before it is known, and stay what they are.
    """

    def __init__(self, explanation: ExplanationLayout, epoch: int, recognition: RecognitionTables) -> None:
        """Keep which folders hold such maps."""
        table = recognition.clusters
        clusters = table.loc[~table["evidence"], "cluster"].tolist()
        places = [(explanation.pictures(epoch, one), explanation.maps(one, 0).parent) for one in clusters]
        self._folders = {
            folder.relative_to(explanation.root).as_posix() + "/" for pair in places for folder in pair
        }

    def __call__(self, name: str) -> dict[str, bool]:
        """Return `evidence` as false for such a file, by its name relative to the explanation."""
        if name.endswith((PHOTOGRAPH_SUFFIX, *MATCH_SUFFIXES, f"/{MARKER}")):
            return {}
        parts = name.split("/")
        here = {"/".join(parts[:depth]) + "/" for depth in (2, 3)}
        return {"evidence": False} if here & self._folders else {}

"""Match maps: what a coin shares with its own cluster and not with the nearest other one."""

MATCH: dict[str, tuple[str, str]] = {
    # of a coin
    "match_caption": (
        "what it shares with its cluster and not with cluster {other}: likeness {own} against {less}",
        "was sie mit ihrem Cluster teilt und nicht mit Cluster {other}: Ähnlichkeit {own} gegen {less}",
    ),
    "nearest_match": ("Its parts match these best", "Am besten passen ihre Teile zu"),
    "nearest_match_hint": (
        "In the order of the matching that the clusters were cut from. {share} of the ten coins that match "
        "it best are in its cluster.",
        "In der Reihenfolge des Vergleichs, aus dem die Cluster geschnitten sind. {share} der zehn Münzen, "
        "die am besten passen, sind in ihrem Cluster.",
    ),
    "matched": ("cluster {cluster} · ", "Cluster {cluster} · "),
    "column_purity": ("best matches in its cluster", "beste Treffer in ihrem Cluster"),
    "column_match_agreement": ("agreement with match map", "Einklang mit Match-Karte"),
    # of a cluster
    "match_hint": (
        "Match maps show which parts its coins share and others do not; the maps of the network show what "
        "it learnt of that. Their rank correlation is {agreement}; with match maps of coins of other "
        "clusters it is {by_chance}.",
        "Match-Karten zeigen, welche Teile seine Münzen gemeinsam haben und andere nicht; die Karten des "
        "Netzes, was es davon gelernt hat. Ihre Rangkorrelation ist {agreement}; mit Match-Karten von Münzen "
        "anderer Cluster ist sie {by_chance}.",
    ),
    "match_purity": (
        "{purity} of the coins that match its coins best are in it.",
        "{purity} der Münzen, die am besten zu seinen passen, sind in ihm.",
    ),
}

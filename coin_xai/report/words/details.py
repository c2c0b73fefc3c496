"""Pictures, and the pages of a cluster and of a coin."""

DETAILS: dict[str, tuple[str, str]] = {
    # how pictures are shown
    "layout": ("Show", "Zeigen"),
    "side_by_side": ("side by side", "nebeneinander"),
    "one_picture": ("one picture", "ein Bild"),
    "standing": ("Coins", "Münzen"),
    "standing_own": ("as photographed", "wie photographiert"),
    "standing_alike": ("turned alike", "gleich gedreht"),
    "standing_alike_hint": (
        "Each coin turned about its centre to stand as it did when it was compared with others; what looks "
        "the same after a quarter turn, such as a cross, may be off by one",
        "Jede Münze um ihre Mitte gedreht, so wie sie beim Vergleich mit anderen stand; was nach einer "
        "Vierteldrehung gleich aussieht, etwa ein Kreuz, kann um eine solche falsch stehen",
    ),
    "method": ("Picture", "Bild"),
    "blink": ("blink", "blinken"),
    "blink_hint": (
        "Alternate photograph and map once a second (key b)",
        "Photographie und Karte im Wechsel, einmal in der Sekunde (Taste b)",
    ),
    "scale": ("Heat", "Wärme"),
    "scale_own": (
        "per coin",
        "je Münze",
    ),
    "scale_own_hint": (
        "Red is the strongest evidence of this coin alone; compare coins by the number, not by the colour",
        "Rot ist der stärkste Beleg dieser einen Münze; Münzen vergleicht man an der Zahl, nicht an der "
        "Farbe",
    ),
    "scale_common": (
        "common",
        "gemeinsam",
    ),
    "scale_common_hint": (
        "Red is the strongest evidence of all coins (99th percentile), so weak evidence looks weak",
        "Rot ist der stärkste Beleg aller Münzen (99. Perzentil); schwache Belege sehen also schwach aus",
    ),
    "colours": ("Colours", "Farben"),
    "colours_usual": (
        "standard",
        "übliche",
    ),
    "colours_blind": ("for the colour-blind", "für Farbenblinde"),
    "photograph": ("Photograph", "Photographie"),
    "alt": ("{method} of {coin}", "{method} von {coin}"),
    "shared_values": (
        "Its coins share, in brackets how many of the others do: {values}.",
        "Seine Münzen haben gemeinsam, in Klammern wie viele der anderen es haben: {values}.",
    ),
    "no_shared_values": (
        "The table names nothing that its coins share beyond chance.",
        "Die Tabelle nennt nichts, was seine Münzen mehr als zufällig gemeinsam haben.",
    ),
    "differing_values": (
        "What tells them from {cluster}, the nearest: {values}.",
        "Was sie von {cluster} unterscheidet, dem nächsten: {values}.",
    ),
    "maximum": ("largest value {value}", "größter Wert {value}"),
    "hires_caption": (
        "adds up to the explained value; trust it where Grad-CAM differs",
        "ergibt in der Summe den erklärten Wert; wo Grad-CAM abweicht, gilt diese Karte",
    ),
    "guided_caption": (
        "edges; an illustration, not evidence",
        "Kanten; eine Veranschaulichung, kein Beleg",
    ),
    "gradient_caption": (
        "which pixels matter",
        "auf welche Pixel es ankommt",
    ),
    "numbers": (
        "margin {margin} over cluster {rival} · {method} maximum {maximum}",
        "Vorsprung {margin} vor Cluster {rival} · {method} höchstens {maximum}",
    ),
    "head_disagrees": (
        "the head assigns another cluster",
        "der Kopf ordnet einen anderen Cluster zu",
    ),
    "no_evidence": ("no positive evidence", "keine positiven Belege"),
    "more": ("{count} more", "{count} weitere"),
    "sort_by": ("Sort by", "Ordnen nach"),
    "order_hint": (
        "Ascending or descending",
        "Aufsteigend oder absteigend",
    ),
    # the page of a cluster
    "no_such_cluster": ("There is no cluster {cluster} here.", "Einen Cluster {cluster} gibt es hier nicht."),
    "cluster_name": ("Name of this cluster", "Name dieses Clusters"),
    "observation": ("Observation", "Beobachtung"),
    "typical": ("Typical", "Typisch"),
    "typical_hint": (
        "The coins with the highest score for the cluster, which is what the maps explain. Those that were "
        "not recognised when held out come last.",
        "Die Münzen mit dem höchsten Wert für den Cluster; ihn erklären die Karten. Zuletzt kommen, die "
        "zurückgehalten nicht erkannt wurden.",
    ),
    "borderline": ("Borderline", "Grenzfälle"),
    "borderline_hint": (
        "The smallest margins: the head nearly assigned another cluster.",
        "Der kleinste Vorsprung: Der Kopf hätte beinahe einen anderen Cluster zugeordnet.",
    ),
    "outliers": ("Outliers", "Ausreißer"),
    "outliers_hint": (
        "The last in this order: not recognised when held out, or with the lowest score.",
        "Die letzten in dieser Reihenfolge: zurückgehalten nicht erkannt, oder mit dem niedrigsten Wert.",
    ),
    "members": ("All coins ({count})", "Alle Münzen ({count})"),
    "mean_map": ("Mean map", "Mittlere Karte"),
    "mean_alt": (
        "Mean {method} of cluster {cluster} over its mean photograph",
        "Mittleres {method} von Cluster {cluster} über der mittleren Photographie",
    ),
    "mean_hint": (
        "Mean {method} over the mean photograph; largest value {maximum}.",
        "Mittleres {method} über der mittleren Photographie; größter Wert {maximum}.",
    ),
    "mean_of_some": (
        "{count} of its {size} coins lie alike in their photographs; the map is theirs.",
        "{count} ihrer {size} Münzen liegen in ihren Photographien gleich; von ihnen ist die Karte.",
    ),
    "no_mean": (
        "Its coins lie at different places of their photographs or in different sizes, so there is no mean "
        "map of them.",
        "Ihre Münzen liegen an verschiedenen Stellen ihrer Photographien oder sind verschieden groß; darum "
        "gibt es keine mittlere Karte.",
    ),
    "profile": ("From the centre to the rim", "Von der Mitte zum Rand"),
    "profile_alt": (
        "Mean evidence in rings from the centre to the rim: {values}",
        "Mittlere Belege in Ringen von der Mitte zum Rand: {values}",
    ),
    "centre": ("centre", "Mitte"),
    "rim": ("rim", "Rand"),
    "quality_here": (
        "Its photographs compared with all",
        "Seine Photographien im Vergleich zu allen",
    ),
    "quality_hint": (
        "Mean of the cluster, in standard deviations of all coins. Beyond ±1, photograph quality may "
        "explain this cluster.",
        "Mittel des Clusters, in Standardabweichungen aller Münzen. Jenseits von ±1 kann die Bildqualität "
        "diesen Cluster erklären.",
    ),
    "nearest_clusters": ("Nearest clusters", "Nächste Cluster"),
    "similarity": ("similarity {value}", "Ähnlichkeit {value}"),
    "table_here": ("In the table of coins", "In der Tabelle der Münzen"),
    "usual_hint": (
        "The mark shows the share among all coins.",
        "Der Strich zeigt den Anteil unter allen Münzen.",
    ),
    "bar_hint": ("{own} here, {all} of all coins", "{own} hier, {all} aller Münzen"),
    "mostly_different": (
        "Different for almost every coin: {columns}.",
        "Bei fast jeder Münze anders: {columns}.",
    ),
    "more_values": ("and {count} more", "und {count} weitere"),
    "range": (
        "median {median} ({least} to {most}); all coins {all}",
        "Median {median} ({least} bis {most}); alle {all}",
    ),
    "contrasts": (
        "What differs from the nearest clusters",
        "Was ihn von den nächsten Clustern unterscheidet",
    ),
    "contrasts_hint": (
        "Finer-CAM (Zhang et al. 2025): the evidence for each cluster and against the other one, on the "
        "typical coins of each. Evidence that both share cancels out. Only a place that is marked on all "
        "coins of a row distinguishes the clusters.",
        "Finer-CAM (Zhang et al. 2025): die Belege für jeden Cluster und gegen den anderen, auf den "
        "typischen Münzen beider. Was für beide spricht, hebt sich auf. Erst eine Stelle, die auf allen "
        "Münzen einer Reihe markiert ist, unterscheidet die Cluster.",
    ),
    "concepts": ("What its typical coins share", "Was seine typischen Münzen teilen"),
    "concepts_hint": (
        "Deep feature factorisation: each row marks the same concept on every coin. Together the concepts "
        "explain {share} % of the layer's activation. A concept has no name of its own; name it only if "
        "all coins agree.",
        "Deep Feature Factorisation: Jede Zeile markiert denselben Begriff auf jeder Münze. Zusammen "
        "erklären die Begriffe {share} % der Aktivierung der Schicht. Ein Begriff hat von sich aus keinen "
        "Namen; benennen Sie ihn nur, wenn alle Münzen übereinstimmen.",
    ),
    "concept": ("{number}: {share} %", "{number}: {share} %"),
    # the page of a coin
    "no_such_coin": ("There is no coin {coin} here.", "Eine Münze {coin} gibt es hier nicht."),
    "rank_in_cluster": (
        "number {rank} of {size}, the most typical first",
        "Nummer {rank} von {size}, die typischste zuerst",
    ),
    "judgement": ("What the network says", "Was das Netz sagt"),
    "photograph_quality": ("The photograph", "Die Photographie"),
    "table_row": (
        "Its row in the table",
        "Ihre Zeile in der Tabelle",
    ),
    "no_table": ("No table of coins was given.", "Es wurde keine Tabelle der Münzen gegeben."),
    "cantons": ("Cantons", "Winkel"),
    "nearest_same": ("Nearest in its cluster", "Die nächsten in ihrem Cluster"),
    "nearest_other": ("Nearest in other clusters", "Die nächsten in anderen Clustern"),
    "nearest_hint": (
        "By the cosine similarity of the features that were clustered.",
        "Nach der Kosinus-Ähnlichkeit der Merkmale, die geclustert wurden.",
    ),
    "alike": (
        "similarity {similarity} · cluster {cluster} · ",
        "Ähnlichkeit {similarity} · Cluster {cluster} · ",
    ),
    "history": (
        "Its cluster over the epochs",
        "Ihr Cluster über die Epochen",
    ),
    "history_hint": (
        "Overlap (Jaccard index) of the coin's cluster at each epoch with its cluster now. Below: the "
        "epoch, and the number of the cluster at that time. The numbers themselves have no meaning.",
        "Überlappung (Jaccard-Index) des Clusters der Münze in jeder Epoche mit ihrem heutigen. Darunter: "
        "die Epoche und die Nummer des Clusters zu dieser Zeit. Die Nummern selbst haben keine Bedeutung.",
    ),
    "epoch_hint": (
        "epoch {epoch}: cluster {cluster}, overlap {kept} %",
        "Epoche {epoch}: Cluster {cluster}, Überlappung {kept} %",
    ),
}
"""English, German."""

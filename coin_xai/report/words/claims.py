"""What may be said of the run: verdict cards, their plots, and what stands below them."""

CLAIMS: dict[str, tuple[str, str]] = {
    "claims": ("What may be said", "Was sich sagen lässt"),
    "claims_lead": (
        "{asked} claims were asked, each beside controls that could have refuted it.",
        "{asked} Aussagen wurden geprüft, jede neben Kontrollen, die sie hätten widerlegen können.",
    ),
    "claims_of_runs": (
        "They rest on {count} runs of the same coins: {names}.",
        "Sie beruhen auf {count} Läufen mit denselben Münzen: {names}.",
    ),
    "parts_cross": (
        "Coins are divided into the bars and cantons of their cross.",
        "Die Münzen sind in die Balken und Winkel ihres Kreuzes geteilt.",
    ),
    "parts_radial": ("Coins are divided into rings.", "Die Münzen sind in Ringe geteilt."),
    "parts_table": (
        "A person has marked the parts of the coins in a table ({table}).",
        "Die Teile der Münzen hat jemand in einer Tabelle markiert ({table}).",
    ),
    "claims_without_parts": (
        "Of {count} of {coins} coins no part is known.",
        "Von {count} der {coins} Münzen ist kein Teil bekannt.",
    ),
    "claims_reading_hint": (
        "A dot is a measured number, its line the 95 % interval. Right of the dashed line, on green, it is "
        "larger than the margin that was fixed beforehand; on red, the opposite is. A claim is supported "
        "only where the network also shows surely more than the controls.",
        "Ein Punkt ist ein gemessener Wert, sein Strich das Intervall zu 95 %. Rechts der gestrichelten "
        "Linie, auf Grün, ist er größer als die vorher festgelegte Schwelle; auf Rot ist es das Gegenteil. "
        "Gestützt ist eine Aussage nur, wo das Netz auch sicher mehr zeigt als die Kontrollen.",
    ),
    "verdict_supported": ("supported", "gestützt"),
    "verdict_no_relevant_effect": ("no relevant effect", "keine bedeutsame Wirkung"),
    "verdict_refuted": ("refuted", "widerlegt"),
    "verdict_cannot_be_decided": ("cannot be decided", "nicht zu entscheiden"),
    "claim_measured": ("Measured: {measure}.", "Gemessen: {measure}."),
    "claim_corrected": (
        "The margin is exceeded after correction for all claims that were asked as well (Holm).",
        "Die Schwelle ist auch nach Korrektur für alle geprüften Aussagen überschritten (Holm).",
    ),
    "claim_not_corrected": (
        "After correction for all claims that were asked, the margin is not surely exceeded (Holm).",
        "Nach Korrektur für alle geprüften Aussagen ist die Schwelle nicht sicher überschritten (Holm).",
    ),
    "of_these_coins": ("these coins", "diese Münzen"),
    "of_these_clusters": ("these clusters", "diese Cluster"),
    "of_this_network": ("this network", "dieses Netz"),
    "control_untrained": ("the same, untrained", "dasselbe, untrainiert"),
    "control_shuffled": ("taught shuffled clusters", "mit gemischten Clustern"),
    "control_the_collection_alone": ("the collection alone", "die Sammlung allein"),
    "control_wear_dealt_out_anew": ("dealt out anew", "neu verteilt"),
    "control_richness_dealt_out_anew": ("dealt out anew", "neu verteilt"),
    "control_richness_dealt_out_anew_among_the_types": ("dealt out by type", "je Typ neu verteilt"),
    "control_any_pairs": ("any pairs of coins", "beliebige Paare"),
    "margin": ("margin {value}", "Schwelle {value}"),
    "interval_value": ("{value} ({low} to {high})", "{value} ({low} bis {high})"),
    "deciding": ("The coins that speak most clearly", "Die Münzen, die am deutlichsten sprechen"),
    "hidden": (
        "The same as the network is shown them, below with the part hidden",
        "Dieselben, wie das Netz sie sieht, darunter mit verdecktem Teil",
    ),
    "alt_hidden": ("{coin} with the part hidden", "{coin} mit verdecktem Teil"),
    "further_numbers": ("Further numbers", "Weitere Zahlen"),
    "claims_not_asked": (
        "Claims that could not be asked: {count}",
        "Aussagen, die nicht zu prüfen waren: {count}",
    ),
    "claims_tables": ("All numbers", "Alle Zahlen"),
    "methods": ("Methods, for a paper", "Methoden, für einen Aufsatz"),
    "copy": ("Copy", "Kopieren"),
    "copied": ("Copied", "Kopiert"),
    "table_claims_verdicts": ("verdicts", "Urteile"),
    "table_claims_measured": ("measurements for claims", "Messungen zu Aussagen"),
    "table_claims_parts": ("parts as they were marked", "Teile, wie sie markiert wurden"),
    "table_claims_coins": ("coins as claims see them", "Münzen, wie Aussagen sie sehen"),
}
"""English, German."""

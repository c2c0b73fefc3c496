"""Searching, notes, columns of tables, and manifests of IIIF."""

NOTES: dict[str, tuple[str, str]] = {
    # searching
    "search_hint": (
        "Every word must occur in the coin's row; column:word searches one column, for example metal:silver.",
        "Jedes Wort muss in der Zeile der Münze vorkommen; spalte:wort sucht in einer Spalte, zum "
        "Beispiel metal:silver.",
    ),
    "found": ("{count} of {all}", "{count} von {all}"),
    "filter_by": ("Filter by", "Filtern nach"),
    "any_column": ("any column", "jeder Spalte"),
    "value": ("Value", "Wert"),
    "any_value": ("any value", "jeder Wert"),
    "marked": ("Marked", "Markiert"),
    "any_mark": ("marked or not", "markiert oder nicht"),
    "select_found": ("Select all found", "Alle gefundenen auswählen"),
    # notes
    "selected": ("Selected", "Ausgewählt"),
    "selected_short": ("select", "auswählen"),
    "poor_photograph": ("Poor photograph", "Schlechte Photographie"),
    "poor_photograph_short": ("poor photograph", "schlechtes Bild"),
    "wrong_cluster": ("Wrong cluster", "Falscher Cluster"),
    "wrong_cluster_short": ("wrong cluster", "falscher Cluster"),
    "notes_lead": (
        "Your notes stay in this browser, for the run {run}. Export them to send them, or to read them "
        "back into the run with: coin-xai annotate RUN notes.csv",
        "Ihre Notizen bleiben in diesem Browser, für den Lauf {run}. Exportieren Sie sie zum Versenden, "
        "oder um sie in den Lauf zurückzulesen mit: coin-xai annotate LAUF notes.csv",
    ),
    "keeps_nothing": (
        "This browser stores nothing for pages opened from disk: export your notes before you close it.",
        "Dieser Browser speichert nichts für Seiten, die von der Platte geöffnet sind: Exportieren Sie "
        "Ihre Notizen, bevor Sie ihn schließen.",
    ),
    "export": ("Export as CSV", "Als CSV exportieren"),
    "clear": ("Delete my notes", "Meine Notizen löschen"),
    "clear_question": (
        "Delete the notes that this browser keeps for this run?",
        "Die Notizen löschen, die dieser Browser zu diesem Lauf speichert?",
    ),
    "nothing_noted": (
        "No notes yet.",
        "Noch keine Notizen.",
    ),
    "about": ("About", "Über"),
    "said": ("Name or marks", "Name oder Marken"),
    # columns that the program makes
    "yes": ("yes", "ja"),
    "no": ("no", "nein"),
    "column_coin_id": ("name", "Name"),
    "column_path": ("file", "Datei"),
    "column_cluster": ("cluster", "Cluster"),
    "column_distance": ("distance from the centre", "Abstand von der Mitte"),
    "column_score": ("logit of its cluster", "Logit ihres Clusters"),
    "column_margin": ("margin", "Vorsprung"),
    "column_stability": ("stability", "Beständigkeit"),
    "column_cluster_name": ("name of its cluster", "Name ihres Clusters"),
    "column_runner_up_cluster": ("next cluster", "nächster Cluster"),
    "column_head_cluster": (
        "cluster by the head",
        "Cluster nach dem Kopf",
    ),
    "column_head_agrees": ("head agrees with the log", "Kopf stimmt mit dem Protokoll überein"),
    "column_cam_maximum": ("largest value of the map", "größter Wert der Karte"),
    "column_no_positive_evidence": ("no positive evidence", "keine positiven Belege"),
    "column_collection": ("collection", "Sammlung"),
    "column_inventory": ("inventory number", "Inventarnummer"),
    "column_side": ("side", "Seite"),
    "column_width": ("width in pixels", "Breite in Pixeln"),
    "column_height": ("height in pixels", "Höhe in Pixeln"),
    "column_photo_sharpness": ("sharpness", "Schärfe"),
    "column_photo_lightness": ("lightness", "Helligkeit"),
    "column_photo_saturation": ("saturation", "Sättigung"),
    "column_photo_framing": ("framing", "Bildanteil"),
    "column_photo_shape": ("width over height", "Breite durch Höhe"),
    "column_photo_background": ("background", "Hintergrund"),
    # manifests of IIIF
    "iiif_summary": (
        "The coins of a cluster ({count}), each with its photograph and the evidence for its cluster.",
        "Die Münzen eines Clusters ({count}), jede mit ihrer Photographie und den Belegen für ihren Cluster.",
    ),
    "iiif_record": ("Record of the coin", "Nachweis der Münze"),
}
"""English, German."""

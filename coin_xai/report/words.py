"""Every word of the page, once, in the languages that it speaks.

Names of columns of the user's table come as they are; what other rooms say is in `sentences`.
"""

from typing import Any, Literal, get_args

Language = Literal["en", "de"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

WORDS: dict[str, tuple[str, str]] = {
    # the frame of the page
    "language_name": ("English", "Deutsch"),
    "overview": ("Overview", "Überblick"),
    "clusters": ("Clusters", "Cluster"),
    "cluster": ("Cluster", "Cluster"),
    "coin": ("Coin", "Münze"),
    "coins": ("Coins", "Münzen"),
    "notes": ("Notes", "Notizen"),
    "search": ("Search coins", "Münzen suchen"),
    "skip": ("To the content", "Zum Inhalt"),
    "without_script": (
        "Searching, the map and the pages of clusters and coins need JavaScript. Nothing is loaded from "
        "the net.",
        "Suche, Karte und die Seiten der Cluster und Münzen brauchen JavaScript. Nichts wird aus dem Netz "
        "geladen.",
    ),
    "lead": (
        "{coins} coins in {clusters} clusters, found without labels.",
        "{coins} Münzen in {clusters} Clustern, ohne Vorwissen gefunden.",
    ),
    "lead_given": (
        "{coins} coins in {clusters} clusters that were given.",
        "{coins} Münzen in {clusters} vorgegebenen Clustern.",
    ),
    "lead_photographs": (
        "Each coin is shown as photograph and with what speaks for its own cluster.",
        "Jede Münze steht hier als Photographie und mit dem, was für ihren eigenen Cluster spricht.",
    ),
    "lead_heat_alone": (
        "Of each coin there is what speaks for its own cluster; its photograph may not be shown here.",
        "Von jeder Münze steht hier, was für ihren eigenen Cluster spricht; ihre Photographie darf hier "
        "nicht gezeigt werden.",
    ),
    "keys": (
        "Keys: / searches, 1 to {methods} choose a picture, b blinks, ← and → go to the next coin or "
        "cluster.",
        "Tasten: / sucht, 1 bis {methods} wählen ein Bild, b blinkt, ← und → gehen zur nächsten Münze oder "
        "zum nächsten Cluster.",
    ),
    # what was run
    "what_was_run": ("What was run", "Was gerechnet wurde"),
    "fact_photographs": ("photographs", "Photographien"),
    "fact_photographs_is": (
        "{count}, {broken} of them unusable, {copies} copies of others",
        "{count}, davon {broken} unbrauchbar, {copies} Kopien anderer",
    ),
    "fact_network": ("network", "Netz"),
    "fact_network_is": (
        "{network}, {front}; epochs learnt: {epochs}",
        "{network}, {front}; gelernte Epochen: {epochs}",
    ),
    "front_sobel_zeros": ("Sobel front (padded with zeros)", "Sobel-Filter davor (Rand: Nullen)"),
    "front_sobel_replicate": ("Sobel front (edges repeated)", "Sobel-Filter davor (Rand: wiederholt)"),
    "front_colour": ("in colour", "in Farbe"),
    "fact_background": ("background", "Hintergrund"),
    "fact_background_is": (
        "taken out of {alone} of {count} photographs before the network saw them",
        "aus {alone} von {count} Photographien entfernt, ehe das Netz sie sah",
    ),
    "fact_clustering": ("clusters", "Cluster"),
    "fact_clustering_is": (
        "k = {k}, {way}; seed {seed}, profile {profile}",
        "k = {k}, {way}; Startzahl {seed}, Profil {profile}",
    ),
    "by_matching": ("by parts that match, then learnt", "nach passenden Teilen, dann gelernt"),
    "by_kmeans": ("by k-means on what was learnt", "durch k-means auf Gelerntem"),
    "by_features": (
        "by vectors made elsewhere, then learnt",
        "nach anderswo gemachten Vektoren, dann gelernt",
    ),
    "by_given": ("given, then learnt", "vorgegeben, dann gelernt"),
    "by_angle": (
        "by the angles between what was learnt of varied views",
        "nach den Winkeln zwischen dem, was aus abgewandelten Ansichten gelernt wurde",
    ),
    "by_pic": ("by power iteration on what was learnt", "durch Power Iteration auf Gelerntem"),
    "fact_start": ("first epoch", "erste Epoche"),
    "fact_start_is": ("learnt {start}", "lernte {start}"),
    "start_given": ("clusters that were given", "vorgegebene Cluster"),
    "start_features": ("clusters by vectors made elsewhere", "Cluster nach anderswo gemachten Vektoren"),
    "start_matching": ("clusters by parts that match", "Cluster nach passenden Teilen"),
    "start_nothing": ("its own clusters from the first on", "vom ersten an eigene Cluster"),
    "fact_v2": ("trainer", "Trainer"),
    "fact_v2_is": ("DeepCluster-v2; first learnt {start}", "DeepCluster-v2; lernte zuerst {start}"),
    "fact_learning": ("learning", "Lernen"),
    "fact_learning_is": ("rate {rate}, batches of {batch}", "Rate {rate}, Stapel zu {batch}"),
    "fact_varied": ("varied by", "abgewandelt durch"),
    "fact_varied_is": (
        "crops of {crop} to 100% of the area, turns of up to {turn}°, {mirrored}; light, tone and blur "
        "{studio}",
        "Ausschnitte von {crop} bis 100% der Fläche, Drehungen bis {turn}°, {mirrored}; Licht, Ton und "
        "Unschärfe {studio}",
    ),
    "mirrored": ("mirrored", "gespiegelt"),
    "never_mirrored": ("never mirrored", "nie gespiegelt"),
    "fact_target": ("explained", "erklärt"),
    "fact_target_is": ("{target}", "{target}"),
    "target_logit": ("the logit of a coin's own cluster", "der Logit des eigenen Clusters"),
    "target_lead": ("its lead over the next cluster", "sein Vorsprung vor dem nächsten Cluster"),
    "target_assignment": ("the assignment by k-means itself", "die Zuordnung durch k-means selbst"),
    "target_similarity": ("the similarity to its own centroid", "die Ähnlichkeit zur eigenen Mitte"),
    "fact_adopted": ("origin", "Herkunft"),
    "fact_adopted_is": (
        "trained elsewhere with k = {k}; how, its checkpoint does not tell",
        "andernorts mit k = {k} trainiert; wie, sagt der Checkpoint nicht",
    ),
    "fact_head": ("head", "Kopf"),
    "fact_head_is": ("knows the cluster of {fit} of the coins", "kennt den Cluster von {fit} der Münzen"),
    "fact_dead": ("no evidence", "ohne Belege"),
    "fact_dead_is": (
        "coins whose map is nowhere positive: {count}",
        "Münzen, deren Karte nirgends positiv ist: {count}",
    ),
    "fact_versions": ("versions", "Versionen"),
    "fact_versions_is": ("{versions}", "{versions}"),
    "tables": ("Tables", "Tabellen"),
    "table_coins": ("coins and clusters", "Münzen und Cluster"),
    "table_clusters": ("clusters", "Cluster"),
    "table_measures": ("photo quality and map", "Bildqualität und Karte"),
    "table_neighbours": ("nearest coins", "nächste Münzen"),
    "table_history": ("history", "Verlauf"),
    "table_cleaning": ("data cleaning list", "Liste zum Bereinigen"),
    "table_audit": ("photographs and clusters", "Photographien und Cluster"),
    "table_features": ("features", "Merkmale"),
    "table_manifest": ("manifest", "Manifest"),
    "failed": ("{which} failed.", "{which} ist gescheitert."),
    # curves
    "curves_alt": (
        "Agreement of the clusters and loss by epoch",
        "Übereinstimmung der Cluster und Verlust je Epoche",
    ),
    "sizes_alt": ("Number of coins of each cluster", "Zahl der Münzen jedes Clusters"),
    "to_previous": ("to the previous epoch", "mit der Epoche davor"),
    "between_seeds": ("between k-means seeds", "zwischen Startzahlen"),
    "to_label": ("to the label", "mit der Beschriftung"),
    "baseline_to_label": ("of gradient histograms to it", "von Gradientenhistogrammen mit ihr"),
    "untrained_to_label": ("of the untrained network to it", "des untrainierten Netzes mit ihr"),
    "epochs_learnt": ("epochs learnt", "gelernte Epochen"),
    "agreement": ("agreement (AMI)", "Übereinstimmung (AMI)"),
    "loss": ("loss", "Verlust"),
    "chance": ("chance", "Zufall"),
    "cross_entropy": ("cross-entropy", "Kreuzentropie"),
    # the map
    "map": ("A map of the coins", "Eine Karte der Münzen"),
    "map_alt": (
        "Map of {count} coins; arrow keys go from coin to coin, Enter opens one",
        "Karte von {count} Münzen; Pfeiltasten gehen von Münze zu Münze, Eingabe öffnet eine",
    ),
    "map_hint": (
        "Coins that the network holds to be alike lie near each other. In t-SNE only nearness means "
        "something: distances far apart, gaps and densities do not. PCA keeps the large distances and "
        "crowds the small ones. Point to see a coin, click to open it, drag to move; after a click on the "
        "map the wheel zooms.",
        "Münzen, die das Netz für ähnlich hält, liegen nah beieinander. In t-SNE bedeutet nur die Nähe "
        "etwas: weite Abstände, Lücken und Dichten nicht. PCA bewahrt die großen Abstände und drängt die "
        "kleinen zusammen. Zeigen zeigt eine Münze, Klicken öffnet sie, Ziehen verschiebt; nach einem "
        "Klick auf die Karte vergrößert das Rad.",
    ),
    "plane": ("Plane", "Ebene"),
    "plane_tsne": ("t-SNE, near stays near", "t-SNE, Nahes bleibt nah"),
    "plane_pca": ("PCA, far stays far", "PCA, Fernes bleibt fern"),
    "colour_by": ("Colour by", "Färben nach"),
    "as_pictures": ("Pictures", "Bilder"),
    "zoom_in": ("Zoom in", "Vergrößern"),
    "zoom_out": ("Zoom out", "Verkleinern"),
    "nothing": ("(nothing)", "(nichts)"),
    # the audit of photographs
    "audit": ("Coins or photographs?", "Münzen oder Photographien?"),
    "audit_hint": (
        "How much of the differences between photographs the clusters explain, beside what as many "
        "clusters drawn by chance would. Far above chance means that clusters follow the photograph; it "
        "may follow the coins in turn, such as the metal or the collection.",
        "Wie viel von den Unterschieden der Photographien die Cluster erklären, neben dem, was ebenso "
        "viele zufällige Cluster erklärten. Weit über dem Zufall heißt, dass Cluster der Photographie "
        "folgen; diese mag ihrerseits den Münzen folgen, etwa dem Metall oder der Sammlung.",
    ),
    "audit_value": ("{share} explained, {chance} by chance", "{share} erklärt, {chance} durch Zufall"),
    # the list of clusters
    "cluster_line": (
        "{size} coins · the head knows {fit} % of them",
        "{size} Münzen · der Kopf kennt {fit} % davon",
    ),
    "stability": ("stability {value}", "Beständigkeit {value}"),
    "stability_hint": (
        "Stability is the share of repetitions with other seeds in which a coin lies in the cluster that "
        "corresponds to its own. Far below 1 it lies between clusters, and its cluster is a matter of luck.",
        "Beständigkeit ist der Anteil der Wiederholungen mit anderen Startzahlen, in denen eine Münze in dem "
        "Cluster liegt, der dem ihren entspricht. Weit unter 1 liegt sie zwischen Clustern, und ihr Cluster "
        "ist Glückssache.",
    ),
    "without_evidence": ("{count} without positive evidence", "{count} ohne positive Belege"),
    "broken": ("Photographs that could not be used", "Photographien, die nicht zu brauchen waren"),
    "doubtful_photographs": ("Photographs to look at", "Photographien zum Ansehen"),
    "doubtful_photographs_hint": (
        "{poor} with unusual quality, {pairs} pairs that are nearly the same photograph. Look before you "
        "trust the clusters; unusual is not yet bad.",
        "{poor} von ungewöhnlicher Qualität, {pairs} Paare fast gleicher Photographien. Ansehen, bevor man "
        "den Clustern traut; ungewöhnlich ist noch nicht schlecht.",
    ),
    # how pictures are shown
    "layout": ("Show", "Zeigen"),
    "side_by_side": ("side by side", "nebeneinander"),
    "one_picture": ("one picture", "ein Bild"),
    "method": ("Picture", "Bild"),
    "blink": ("blink", "blinken"),
    "blink_hint": (
        "Photograph and map in turn, once a second (key b)",
        "Photographie und Karte im Wechsel, einmal in der Sekunde (Taste b)",
    ),
    "scale": ("Heat", "Wärme"),
    "scale_own": ("each coin's own", "je Münze"),
    "scale_own_hint": (
        "Red is the strongest evidence of this very coin; compare coins by the number, not by the colour",
        "Rot ist der stärkste Beleg eben dieser Münze; Münzen vergleicht man an der Zahl, nicht an der Farbe",
    ),
    "scale_common": ("one for all", "eine für alle"),
    "scale_common_hint": (
        "Red is the strongest evidence of all coins (99th percentile): weak evidence looks weak",
        "Rot ist der stärkste Beleg aller Münzen (99. Perzentil): Schwaches sieht schwach aus",
    ),
    "colours": ("Colours", "Farben"),
    "colours_usual": ("usual", "übliche"),
    "colours_blind": ("for the colour-blind", "für Farbenblinde"),
    "photograph": ("Photograph", "Photographie"),
    "alt": ("{method} of {coin}", "{method} von {coin}"),
    "maximum": ("largest value {value}", "größter Wert {value}"),
    "hires_caption": (
        "adds up to what is explained: trust it where Grad-CAM differs",
        "ergibt in der Summe das Erklärte: Wo Grad-CAM abweicht, gilt dies",
    ),
    "guided_caption": ("edges; illustrates, proves nothing", "Kanten; veranschaulicht, beweist nichts"),
    "gradient_caption": ("which pixels count", "welche Pixel zählen"),
    "numbers": (
        "margin {margin} over cluster {rival} · {method} at most {maximum}",
        "Vorsprung {margin} vor Cluster {rival} · {method} höchstens {maximum}",
    ),
    "head_disagrees": ("the head votes for another cluster", "der Kopf stimmt für einen anderen Cluster"),
    "no_evidence": ("no positive evidence", "keine positiven Belege"),
    "more": ("{count} more", "{count} weitere"),
    "sort_by": ("Sort by", "Ordnen nach"),
    "order_hint": ("Rising or falling", "Steigend oder fallend"),
    # the page of a cluster
    "no_such_cluster": ("There is no cluster {cluster} here.", "Einen Cluster {cluster} gibt es hier nicht."),
    "cluster_name": ("Name of this cluster", "Name dieses Clusters"),
    "observation": ("Observation", "Beobachtung"),
    "typical": ("Typical", "Typisch"),
    "typical_hint": ("The coins nearest to the centre.", "Die Münzen, die der Mitte am nächsten liegen."),
    "borderline": ("Borderline", "Grenzfälle"),
    "borderline_hint": (
        "The smallest margins: the head nearly voted for another cluster.",
        "Der kleinste Vorsprung: Der Kopf hätte beinahe für einen anderen Cluster gestimmt.",
    ),
    "outliers": ("Outliers", "Ausreißer"),
    "outliers_hint": (
        "The coins furthest from the centre.",
        "Die Münzen, die am weitesten von der Mitte liegen.",
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
    "profile": ("From the centre to the rim", "Von der Mitte zum Rand"),
    "profile_alt": (
        "Mean evidence in rings from the centre to the rim: {values}",
        "Mittlere Belege in Ringen von der Mitte zum Rand: {values}",
    ),
    "centre": ("centre", "Mitte"),
    "rim": ("rim", "Rand"),
    "quality_here": ("Its photographs against all", "Seine Photographien gegen alle"),
    "quality_hint": (
        "Mean of the cluster, in standard deviations of all coins. Beyond 1 the photograph may have made it.",
        "Mittel des Clusters, in Standardabweichungen aller Münzen. Jenseits von 1 kann die Photographie "
        "ihn gemacht haben.",
    ),
    "nearest_clusters": ("Nearest clusters", "Nächste Cluster"),
    "similarity": ("similarity {value}", "Ähnlichkeit {value}"),
    "table_here": ("In the table of coins", "In der Tabelle der Münzen"),
    "usual_hint": ("The mark is the share among all coins.", "Der Strich ist der Anteil unter allen Münzen."),
    "bar_hint": ("{own} here, {all} of all coins", "{own} hier, {all} aller Münzen"),
    "mostly_different": (
        "Different for nearly every coin: {columns}.",
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
        "Finer-CAM (Zhang et al. 2025): on the typical coins of each cluster, what speaks for it and against "
        "the other one. Evidence that both share takes itself away. Only a place that all coins of a row "
        "mark tells the clusters apart.",
        "Finer-CAM (Zhang et al. 2025): auf den typischen Münzen jedes Clusters, was für ihn und gegen den "
        "anderen spricht. Was für beide spricht, hebt sich auf. Erst eine Stelle, die alle Münzen einer "
        "Reihe zeigen, unterscheidet die Cluster.",
    ),
    "concepts": ("What its typical coins share", "Was seine typischen Münzen teilen"),
    "concepts_hint": (
        "Deep feature factorisation: each row marks the same concept on every coin. Together they account "
        "for {share} % of what the layer holds. A concept has no name of its own; give it one only if all "
        "coins agree.",
        "Deep Feature Factorisation: Jede Zeile zeigt denselben Begriff auf jeder Münze. Zusammen machen "
        "sie {share} % dessen aus, was die Schicht enthält. Ein Begriff hat von sich aus keinen Namen; man "
        "gebe ihm nur einen, wenn alle Münzen übereinstimmen.",
    ),
    "concept": ("{number}: {share} %", "{number}: {share} %"),
    # the page of a coin
    "no_such_coin": ("There is no coin {coin} here.", "Eine Münze {coin} gibt es hier nicht."),
    "rank_in_cluster": (
        "number {rank} of {size} from its centre",
        "Nummer {rank} von {size} von seiner Mitte aus",
    ),
    "judgement": ("What the network says", "Was das Netz sagt"),
    "photograph_quality": ("The photograph", "Die Photographie"),
    "table_row": ("Its row of the table", "Ihre Zeile der Tabelle"),
    "no_table": ("No table of coins was given.", "Es wurde keine Tabelle der Münzen gegeben."),
    "cantons": ("Cantons", "Winkel"),
    "nearest_same": ("Nearest in its cluster", "Die nächsten in ihrem Cluster"),
    "nearest_other": ("Nearest in other clusters", "Die nächsten in anderen Clustern"),
    "nearest_hint": (
        "By the cosine between features, as the clustering saw them.",
        "Nach dem Kosinus zwischen den Merkmalen, wie das Clustern sie sah.",
    ),
    "alike": (
        "similarity {similarity} · cluster {cluster} · ",
        "Ähnlichkeit {similarity} · Cluster {cluster} · ",
    ),
    "history": ("Its company over the epochs", "Ihre Gesellschaft durch die Epochen"),
    "history_hint": (
        "How much of its cluster at each epoch is its cluster now; below, the epoch and the number that "
        "the cluster had then. The numbers themselves mean nothing.",
        "Wie viel von ihrem Cluster in jeder Epoche ihr heutiger ist; darunter die Epoche und die Nummer, "
        "die der Cluster damals hatte. Die Nummern selbst bedeuten nichts.",
    ),
    "epoch_hint": (
        "epoch {epoch}: cluster {cluster}, {kept} % the same company",
        "Epoche {epoch}: Cluster {cluster}, zu {kept} % dieselbe Gesellschaft",
    ),
    # searching
    "search_hint": (
        "Every word must occur in the coin's row; column:word looks in one column, such as metal:silver.",
        "Jedes Wort muss in der Zeile der Münze vorkommen; spalte:wort sucht in einer Spalte, etwa "
        "metal:silver.",
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
        "This browser keeps nothing for pages from disk: export your notes before you close it.",
        "Dieser Browser behält nichts für Seiten von der Platte: Exportieren Sie vor dem Schließen.",
    ),
    "export": ("Export as CSV", "Als CSV exportieren"),
    "clear": ("Delete my notes", "Meine Notizen löschen"),
    "clear_question": (
        "Delete what this browser keeps for this run?",
        "Löschen, was dieser Browser zu diesem Lauf behält?",
    ),
    "nothing_noted": ("Nothing noted yet.", "Noch nichts notiert."),
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
    "column_head_cluster": ("the head votes for", "der Kopf stimmt für"),
    "column_head_agrees": ("head agrees", "Kopf stimmt zu"),
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
    "column_photo_background": ("background", "Hintergrund"),
    # manifests of IIIF
    "iiif_summary": (
        "The coins of a cluster ({count}), each as photograph and with what speaks for it.",
        "Die Münzen eines Clusters ({count}), jede als Photographie und mit dem, was dafür spricht.",
    ),
    "iiif_record": ("Record of the coin", "Nachweis der Münze"),
    # how to read it
    "reading": ("How to read the pictures.", "Wie die Bilder zu lesen sind."),
    "reading_text": (
        "HiResCAM (Draelos & Carin 2020) and Grad-CAM (Selvaraju et al. 2017) colour the square that the "
        "network saw from blue, no evidence, to red, the strongest evidence of this coin for its own "
        "cluster. In networks with linear layers, AlexNet and VGG-16, the cells of HiResCAM add up to what "
        "is explained and those of Grad-CAM do not: where they differ, trust HiResCAM. The scale is each "
        "coin's own, so look at the number: it is the map's largest value before scaling, and a coin with "
        "a tenth of its neighbours' has a map as red as theirs. A cell of the map covers about a {cells}th "
        "of the square's side. Guided Backpropagation and Guided Grad-CAM show edges: they stay nearly the "
        "same when the network's weights are replaced by chance (Adebayo et al. 2018), so they illustrate "
        "and prove nothing. A map shows where evidence lies; it does not say why. The margin is the logit "
        "of the own cluster less that of the next. A hatched frame means that nothing in the photograph "
        "speaks for the cluster.",
        "HiResCAM (Draelos & Carin 2020) und Grad-CAM (Selvaraju et al. 2017) färben das Quadrat, das das "
        "Netz sah, von Blau, kein Beleg, bis Rot, dem stärksten Beleg dieser Münze für ihren eigenen "
        "Cluster. In Netzen mit linearen Schichten, AlexNet und VGG-16, ergeben die Zellen von HiResCAM "
        "zusammen das Erklärte, die von Grad-CAM nicht: Wo sie voneinander abweichen, gilt HiResCAM. Die "
        "Skala ist die jeder Münze, daher zählt die Zahl: Sie ist der größte Wert der Karte vor dem "
        "Skalieren, und eine Münze mit einem Zehntel davon hat eine ebenso rote Karte. Eine Zelle der "
        "Karte deckt etwa ein {cells}tel der Seite des Quadrats. Guided Backpropagation und Guided "
        "Grad-CAM zeigen Kanten: Sie bleiben fast gleich, wenn die Gewichte des Netzes durch Zufall "
        "ersetzt werden (Adebayo et al. 2018), sie veranschaulichen also und beweisen nichts. Eine Karte "
        "zeigt, wo Belege liegen, nicht warum. Der Vorsprung ist der Logit des eigenen Clusters weniger "
        "dem des nächsten. Ein schraffierter Rahmen heißt, dass nichts in der Photographie für den Cluster "
        "spricht.",
    ),
    "mailing": (
        "To mail this page, send {page} together with the folder {folder} ({size} MB).",
        "Zum Versenden dieser Seite gehören {page} und der Ordner {folder} zusammen ({size} MB).",
    ),
}


def text(key: str, language: Language, **values: Any) -> str:
    """Return a word or sentence with its values in place.

    Raises:
        KeyError: the table has no such word.
    """
    found = WORDS[key][LANGUAGES.index(language)]
    return found.format(**values) if values else found


def words(language: Language) -> dict[str, str]:
    """Return all words in one language."""
    return {key: text(key, language) for key in WORDS}

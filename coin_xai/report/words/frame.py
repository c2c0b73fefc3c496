"""The frame of the page, the map, the list of clusters, and how to read the pictures."""

FRAME: dict[str, tuple[str, str]] = {
    # the frame of the page
    "language_name": ("English", "Deutsch"),
    "overview": ("Overview", "Überblick"),
    "clusters": ("Clusters", "Cluster"),
    "cluster": ("Cluster", "Cluster"),
    "coin": ("Coin", "Münze"),
    "coins": ("Coins", "Münzen"),
    "notes": ("Notes", "Notizen"),
    "search": ("Search coins", "Münzen suchen"),
    "skip": (
        "Skip to content",
        "Zum Inhalt springen",
    ),
    "without_script": (
        "Search, map, and the pages of clusters and coins need JavaScript. Nothing is loaded from the "
        "internet.",
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
        "Each coin is shown as a photograph, with the evidence for its own cluster.",
        "Jede Münze ist als Photographie zu sehen, mit den Belegen für ihren eigenen Cluster.",
    ),
    "lead_heat_alone": (
        "For each coin, the evidence for its own cluster is shown; its photograph may not be shown here.",
        "Von jeder Münze sind die Belege für ihren eigenen Cluster zu sehen; ihre Photographie darf hier "
        "nicht gezeigt werden.",
    ),
    "keys": (
        "Keys: / searches, 1 to {methods} choose a picture, b blinks, ← and → go to the next coin or "
        "cluster.",
        "Tasten: / sucht, 1 bis {methods} wählen ein Bild, b blinkt, ← und → gehen zur nächsten Münze oder "
        "zum nächsten Cluster.",
    ),
    # the map
    "map": ("A map of the coins", "Eine Karte der Münzen"),
    "map_alt": (
        "Map of {count} coins; arrow keys go from coin to coin, Enter opens one",
        "Karte von {count} Münzen; Pfeiltasten gehen von Münze zu Münze, Eingabe öffnet eine",
    ),
    "map_hint": (
        "Coins that the network finds similar lie near each other. In t-SNE only nearness has a meaning; "
        "large distances, gaps and densities have none. PCA keeps large distances and crowds small ones. "
        "Point at a coin to see it, click to open it, drag to move the map; after a click on the map, the "
        "wheel zooms.",
        "Münzen, die das Netz für ähnlich hält, liegen nah beieinander. In t-SNE hat nur die Nähe eine "
        "Bedeutung; weite Abstände, Lücken und Dichten haben keine. PCA bewahrt große Abstände und drängt "
        "kleine zusammen. Zeigen Sie auf eine Münze, um sie zu sehen, klicken Sie, um sie zu öffnen, "
        "ziehen Sie, um die Karte zu verschieben; nach einem Klick auf die Karte vergrößert das Rad.",
    ),
    "plane": ("Plane", "Ebene"),
    "plane_tsne": (
        "t-SNE, keeps neighbours",
        "t-SNE, bewahrt Nachbarn",
    ),
    "plane_pca": (
        "PCA, keeps large distances",
        "PCA, bewahrt große Abstände",
    ),
    "colour_by": ("Colour by", "Färben nach"),
    "as_pictures": ("Pictures", "Bilder"),
    "zoom_in": ("Zoom in", "Vergrößern"),
    "zoom_out": ("Zoom out", "Verkleinern"),
    "nothing": ("(nothing)", "(nichts)"),
    # the audit of photographs
    "audit": ("Coins or photographs?", "Münzen oder Photographien?"),
    "audit_hint": (
        "The share of the differences between photographs that the clusters explain, beside the share "
        "that as many random clusters would explain. A share far above chance means that the clusters "
        "follow the photographs. The photographs may in turn depend on the coins, for example on their "
        "metal or collection.",
        "Der Anteil der Unterschiede zwischen den Photographien, den die Cluster erklären, neben dem "
        "Anteil, den ebenso viele zufällige Cluster erklären würden. Ein Anteil weit über dem Zufall "
        "heißt, dass die Cluster den Photographien folgen. Diese können ihrerseits von den Münzen "
        "abhängen, etwa vom Metall oder von der Sammlung.",
    ),
    "audit_value": ("{share} explained, {chance} by chance", "{share} erklärt, {chance} durch Zufall"),
    # the list of clusters
    "stability": ("stability {value}", "Beständigkeit {value}"),
    "stability_hint": (
        "Stability is the share of repetitions with other seeds in which a coin is in the cluster that "
        "corresponds to its own. If it is far below 1, the coin lies between clusters, and its assignment "
        "is arbitrary.",
        "Beständigkeit ist der Anteil der Wiederholungen mit anderen Startzahlen, in denen eine Münze in "
        "dem Cluster liegt, der ihrem entspricht. Liegt sie weit unter 1, so liegt die Münze zwischen "
        "Clustern, und ihre Zuordnung ist willkürlich.",
    ),
    "without_evidence": ("{count} without positive evidence", "{count} ohne positive Belege"),
    "broken": ("Photographs that could not be used", "Photographien, die nicht zu brauchen waren"),
    "doubtful_photographs": (
        "Photographs to check",
        "Photographien zum Prüfen",
    ),
    "doubtful_photographs_hint": (
        "{poor} of unusual quality, {pairs} pairs of nearly identical photographs. Check them before you "
        "trust the clusters; unusual does not mean bad.",
        "{poor} von ungewöhnlicher Qualität, {pairs} Paare fast gleicher Photographien. Prüfen Sie sie, "
        "bevor Sie den Clustern trauen; ungewöhnlich heißt nicht schlecht.",
    ),
    # how to read it
    "reading": ("How to read the pictures.", "Wie die Bilder zu lesen sind."),
    "reading_text": (
        "HiResCAM (Draelos & Carin 2020) and Grad-CAM (Selvaraju et al. 2017) colour the square that the "
        "network saw, from blue (no evidence) to red (the strongest evidence of this coin for its own "
        "cluster). In gridnet, AlexNet and VGG-16 the cells of HiResCAM add up to "
        "the explained value; those of Grad-CAM do not. Where the two differ, trust HiResCAM. Each coin "
        "has its own scale, so read the number: it is the largest value of the map before scaling. A coin "
        "with a tenth of the evidence of its neighbours has a map as red as theirs. A cell of the map "
        "covers about a {cells}th of the side of the square. Guided Backpropagation and Guided Grad-CAM "
        "show edges. They stay nearly the same when the weights of the network are replaced by random "
        "ones (Adebayo et al. 2018), so they illustrate and prove nothing. A map shows where evidence "
        "lies, not why. The margin is the logit of the coin's own cluster minus that of the next one. A "
        "hatched frame means that nothing in the photograph speaks for the cluster.",
        "HiResCAM (Draelos & Carin 2020) und Grad-CAM (Selvaraju et al. 2017) färben das Quadrat, das das "
        "Netz sah, von Blau (kein Beleg) bis Rot (der stärkste Beleg dieser Münze für ihren eigenen "
        "Cluster). In gridnet, AlexNet und VGG-16 ergeben die Zellen von HiResCAM "
        "in der Summe den erklärten Wert; die von Grad-CAM tun es nicht. Wo beide voneinander abweichen, "
        "gilt HiResCAM. Jede Münze hat ihre eigene Skala, daher zählt die Zahl: Sie ist der größte Wert "
        "der Karte vor dem Skalieren. Eine Münze mit einem Zehntel der Belege ihrer Nachbarn hat eine "
        "ebenso rote Karte. Eine Zelle der Karte deckt etwa ein {cells}tel der Seite des Quadrats. Guided "
        "Backpropagation und Guided Grad-CAM zeigen Kanten. Sie bleiben fast gleich, wenn die Gewichte "
        "des Netzes durch zufällige ersetzt werden (Adebayo et al. 2018); sie veranschaulichen also und "
        "beweisen nichts. Eine Karte zeigt, wo Belege liegen, nicht warum. Der Vorsprung ist der Logit "
        "des eigenen Clusters minus dem des nächsten. Ein schraffierter Rahmen heißt, dass nichts in der "
        "Photographie für den Cluster spricht.",
    ),
    "mailing": (
        "To send this page, send {page} together with the folder {folder} ({size} MB).",
        "Um diese Seite zu versenden, senden Sie {page} zusammen mit dem Ordner {folder} ({size} MB).",
    ),
}
"""English, German."""

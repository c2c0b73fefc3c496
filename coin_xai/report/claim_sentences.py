"""What is said of claims in English, in German: claims, measures, reasons, and names of numbers and groups.

Names in braces stand for what differs from case to case, as in `sentences`, which looks here as well.
"""

CLAIM_SENTENCES: tuple[tuple[str, str], ...] = (
    # coin_xai.claims.verdict
    ("The cross is a global feature.", "Das Kreuz ist ein globales Merkmal."),
    ("The horizontal bar of the cross is dominant.", "Der waagrechte Balken des Kreuzes ist bestimmend."),
    ("The quality of the photograph matters.", "Die Qualität der Photographie spielt eine Rolle."),
    ("Worn coins are badly recognised.", "Abgenutzte Münzen werden schlecht erkannt."),
    ("Coins with many features group together.", "Münzen mit vielen Merkmalen kommen zusammen."),
    (
        "A symbol in canton 3 is salient, but less so than the horizontal bar.",
        "Ein Zeichen in Winkel 3 fällt auf, aber weniger als der waagrechte Balken.",
    ),
    (
        "The {symbol} in canton 3 is salient, but less so than the horizontal bar.",
        "Das Zeichen „{symbol}“ in Winkel 3 fällt auf, aber weniger als der waagrechte Balken.",
    ),
    (
        "Similar features do not always share a cluster.",
        "Ähnliche Merkmale liegen nicht immer im selben Cluster.",
    ),
    (
        "it could be measured of {coins} coins, and {least} are needed",
        "messbar war es an {coins} Münzen, nötig sind {least}",
    ),
    ("the opposite surely exceeds the margin", "das Gegenteil liegt sicher über der Schwelle"),
    ("the whole interval lies below the margin", "das ganze Intervall liegt unter der Schwelle"),
    (
        "a network taught shuffled clusters shows as much",
        "ein Netz, das gemischte Cluster gelernt hat, zeigt ebenso viel",
    ),
    (
        "a network taught shuffled clusters may show as much: more coins or more runs would decide it",
        "ein Netz, das gemischte Cluster gelernt hat, zeigt vielleicht ebenso viel: Mehr Münzen oder mehr "
        "Läufe würden es entscheiden",
    ),
    (
        "richness dealt out anew among the types shows as much",
        "Reichtum, der unter den Typen neu verteilt wurde, zeigt ebenso viel",
    ),
    (
        "richness dealt out anew among the types may show as much: more coins or more runs would decide it",
        "Reichtum, der unter den Typen neu verteilt wurde, zeigt vielleicht ebenso viel: Mehr Münzen oder "
        "mehr Läufe würden es entscheiden",
    ),
    (
        "the interval holds the margin: more coins or more runs would decide it",
        "die Schwelle liegt im Intervall: Mehr Münzen oder mehr Läufe würden es entscheiden",
    ),
    ("it surely exceeds the margin", "es liegt sicher über der Schwelle"),
    (
        "it surely exceeds the margin and what a network taught shuffled clusters shows",
        "es liegt sicher über der Schwelle und über dem, was ein Netz zeigt, das gemischte Cluster gelernt "
        "hat",
    ),
    (
        "it surely exceeds the margin and what richness dealt out anew among the types shows",
        "es liegt sicher über der Schwelle und über dem, was Reichtum zeigt, der unter den Typen neu "
        "verteilt wurde",
    ),
    (
        "a network that has learnt nothing shows as much, so it rests on the clusters, not on learning",
        "ein Netz, das nichts gelernt hat, zeigt ebenso viel, es beruht also auf den Clustern und nicht auf "
        "dem Lernen",
    ),
    # coin_xai.claims.cross
    (
        "share of the lead that hiding the cross costs, less that of an equal cross between its arms",
        "Anteil des Vorsprungs, den das Verdecken des Kreuzes kostet, weniger den eines gleichen Kreuzes "
        "zwischen seinen Armen",
    ),
    (
        "share of the lead that hiding the horizontal bar costs, less that of the vertical one",
        "Anteil des Vorsprungs, den das Verdecken des waagrechten Balkens kostet, weniger den des "
        "senkrechten",
    ),
    (
        "heat surely lies between its arms rather than on it",
        "die Wärme liegt sicher eher zwischen seinen Armen als auf ihm",
    ),
    (
        "heat surely lies on the other bar rather than on it",
        "die Wärme liegt sicher eher auf dem anderen Balken als auf ihm",
    ),
    (
        "{share} of the clusters are sure of it, and two thirds are wanted",
        "in {share} der Cluster ist es sicher, verlangt sind zwei Drittel",
    ),
    ("no cluster has {least} coins", "kein Cluster hat {least} Münzen"),
    (
        "horizontal as the coins lie: after a quarter turn {share} are recognised",
        "waagrecht, wie die Münzen liegen: Nach einer Vierteldrehung werden {share} erkannt",
    ),
    ("what hiding the cross costs more, by cluster", "was das Verdecken des Kreuzes mehr kostet, je Cluster"),
    (
        "what hiding the horizontal bar costs more, by cluster",
        "was das Verdecken des waagrechten Balkens mehr kostet, je Cluster",
    ),
    ("share of clusters that are sure of it", "Anteil der Cluster, in denen es sicher ist"),
    ("clusters of ten coins or more", "Cluster mit zehn Münzen oder mehr"),
    (
        "ln of the density of heat on it over that between its arms",
        "ln der Dichte der Wärme auf ihm zu der zwischen seinen Armen",
    ),
    (
        "ln of the density of heat on it over that on the other bar",
        "ln der Dichte der Wärme auf ihm zu der auf dem anderen Balken",
    ),
    ("the same beyond untrained", "dasselbe über das untrainierte Netz hinaus"),
    ("the same beyond shuffled", "dasselbe über gemischte Cluster hinaus"),
    ("the same beyond noise", "dasselbe über Rauschen in der Mitte hinaus"),
    ("the same by Grad-CAM", "dasselbe nach Grad-CAM"),
    ("recognised after a quarter turn", "nach einer Vierteldrehung erkannt"),
    # coin_xai.claims.photograph
    (
        "share of coins whose cluster measures of their photographs foretell, beyond chance",
        "Anteil der Münzen, deren Cluster Maße ihrer Photographien vorhersagen, über den Zufall hinaus",
    ),
    (
        "the network sees coins alone, so no background and no rim",
        "das Netz sieht nur die Münzen, also weder Hintergrund noch Rand",
    ),
    ("it sees no colour", "es sieht keine Farbe"),
    (
        "share of coins that are foretold beyond chance, by cluster",
        "Anteil der über den Zufall hinaus vorhergesagten Münzen, je Cluster",
    ),
    ("foretold", "vorhergesagt"),
    (
        "beyond what the collection alone foretells",
        "über das hinaus, was die Sammlung allein vorhersagt",
    ),
    ("ln of the density of heat beside the coin", "ln der Dichte der Wärme neben der Münze"),
    ("lost after grey", "verloren in Grau"),
    ("lost after blur", "verloren durch Unschärfe"),
    ("lost after lighter", "verloren durch Aufhellen"),
    ("lost after darker", "verloren durch Abdunkeln"),
    ("lost after other background", "verloren vor anderem Hintergrund"),
    # coin_xai.claims.wear
    (
        "rank correlation of wear with not being recognised, less what photographs and flans explain",
        "Rangkorrelation der Abnutzung damit, nicht erkannt zu werden, ohne das, was Photographie und "
        "Schrötling erklären",
    ),
    (
        "wear is told from the relief, since no column grades the coins",
        "die Abnutzung ist aus dem Relief geschlossen, weil keine Spalte die Münzen einstuft",
    ),
    ("the column {column} holds no numbers", "die Spalte {column} enthält keine Zahlen"),
    (
        "grade coins by numbers, higher for more worn",
        "Münzen durch Zahlen einstufen, höher für stärker abgenutzt",
    ),
    (
        "share of coins that are recognised, the least worn first",
        "Anteil erkannter Münzen, die am wenigsten abgenutzten zuerst",
    ),
    ("group {place} of {groups}", "Gruppe {place} von {groups}"),
    ("largest of 200 by chance", "größter von 200 durch Zufall"),
    # coin_xai.claims.richness
    (
        "share of the variance of richness that clusters explain, beyond chance",
        "Anteil der Varianz des Reichtums an Merkmalen, den Cluster erklären, über den Zufall hinaus",
    ),
    (
        "richness is told from the relief, since no column names what stands in the cantons",
        "der Reichtum ist aus dem Relief geschlossen, weil keine Spalte nennt, was in den Winkeln steht",
    ),
    ("mean richness, by cluster", "mittlerer Reichtum, je Cluster"),
    ("explained", "erklärt"),
    ("explained by chance", "durch Zufall erklärt"),
    # coin_xai.claims.symbol
    (
        "what hiding canton 3 costs of the lead beyond other cantons, with it less without",
        "was das Verdecken von Winkel 3 mehr vom Vorsprung kostet als das der anderen, mit dem Zeichen "
        "weniger ohne",
    ),
    (
        "it is salient, but not surely less than the horizontal bar",
        "es fällt auf, aber nicht sicher weniger als der waagrechte Balken",
    ),
    (
        "hiding it costs no more than hiding what other coins bear there, but a canton without it costs "
        "surely more than another one with it",
        "es zu verdecken kostet nicht mehr als das, was andere Münzen dort tragen, aber ein Winkel ohne das "
        "Zeichen kostet sicher mehr als ein fremder mit ihm",
    ),
    (
        "a canton without it surely costs less than another one with it",
        "ein Winkel ohne das Zeichen kostet sicher weniger als ein fremder mit ihm",
    ),
    (
        "it is salient, and surely more so than the horizontal bar",
        "es fällt auf, und sicher mehr als der waagrechte Balken",
    ),
    (
        "the table of coins has no column {column}, which would name what stands there",
        "der Tabelle der Münzen fehlt die Spalte {column}, die nennen würde, was dort steht",
    ),
    (
        "{share} of the coins bear {symbol} in canton 3",
        "{share} der Münzen tragen {symbol} in Winkel 3",
    ),
    (
        "share of the lead that hiding each of these costs, or giving that of another coin",
        "Anteil des Vorsprungs, den es kostet, jedes davon zu verdecken oder gegen das einer anderen "
        "Münze zu tauschen",
    ),
    # A name in braces takes what it can, so this one comes before those that it holds.
    ("canton {number}, coins with it", "Winkel {number}, Münzen mit Zeichen"),
    ("canton {number} of another coin with it", "Winkel {number} einer anderen Münze, mit Zeichen"),
    ("canton {number} of another coin without it", "Winkel {number} einer anderen Münze, ohne Zeichen"),
    ("canton {number} with it", "Winkel {number} mit Zeichen"),
    ("canton {number} without it", "Winkel {number} ohne Zeichen"),
    ("horizontal bar, coins with it", "waagrechter Balken, Münzen mit Zeichen"),
    (
        "what hiding the horizontal bar costs more than hiding the symbol",
        "was das Verdecken des waagrechten Balkens mehr kostet als das des Zeichens",
    ),
    (
        "what a canton without the symbol costs more than another with it",
        "was ein Winkel ohne das Zeichen mehr kostet als ein fremder mit ihm",
    ),
    # coin_xai.claims.twins
    (
        "share of pairs of coins with one {label} that lie in different clusters",
        "Anteil der Paare von Münzen mit gleichem {label}, die in verschiedenen Clustern liegen",
    ),
    (
        "coins of one type share a cluster no more than any coins do",
        "Münzen eines Typs teilen einen Cluster nicht öfter als beliebige Münzen",
    ),
    ("no column says which coins are alike", "keine Spalte sagt, welche Münzen gleich sind"),
    ("give one with --label", "eine mit --label angeben"),
    ("no two coins have the same {label}", "keine zwei Münzen haben dasselbe {label}"),
    ("share of pairs that are split, by type", "Anteil getrennter Paare, je Typ"),
    ("of any pairs", "von beliebigen Paaren"),
    ("split in every run", "in jedem Lauf getrennt"),
    (
        "no coin has all four cantons in the table of parts, which would tell how rich it is",
        "keine Münze hat in der Tabelle der Teile alle vier Winkel, die sagen würden, wie reich sie ist",
    ),
    (
        "name what stands in them in columns canton_1 to canton_4 of the table of coins",
        "in den Spalten canton_1 bis canton_4 der Tabelle der Münzen nennen, was in ihnen steht",
    ),
    (
        "parts of a table do not tell how complete a coin is",
        "Teile aus einer Tabelle sagen nicht, wie vollständig eine Münze ist",
    ),
    # coin_xai.claims.evidence
    (
        "no coin has a part `{part}` in the table",
        "keine Münze hat in der Tabelle einen Teil `{part}`",
    ),
    # coin_xai.claims.claims
    ("it is about coins with a cross", "sie handelt von Münzen mit einem Kreuz"),
    ("ask with --parts cross", "mit --parts cross prüfen"),
)
"""English, German."""

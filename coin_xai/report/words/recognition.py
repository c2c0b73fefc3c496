"""Whether held-out coins are recognised, and what the maps of a cluster are worth after that."""

RECOGNITION: dict[str, tuple[str, str]] = {
    # in the overview
    "recognition": ("Are coins recognised that were held out?", "Werden zurückgehaltene Münzen erkannt?"),
    "recognition_head": (
        "Each coin was held out once, in one of five folds; a head that was fitted to the other folds was "
        "asked for its cluster. The network in front of the head has learnt from all coins, so its figure is "
        "an upper bound. The lines are 95 % intervals.",
        "Jede Münze wurde einmal zurückgehalten, in einem von fünf Teilen; ein Kopf, der an die übrigen "
        "Teile angepasst war, wurde nach ihrem Cluster gefragt. Das Netz vor dem Kopf hat aus allen Münzen "
        "gelernt, sein Wert ist also eine obere Schranke. Die Striche sind Intervalle zu 95 %.",
    ),
    "recognition_training": (
        "Each coin was held out once, in one of five folds; a network that was trained on the other folds "
        "was asked for its cluster. The lines are 95 % intervals.",
        "Jede Münze wurde einmal zurückgehalten, in einem von fünf Teilen; ein Netz, das mit den übrigen "
        "Teilen trainiert war, wurde nach ihrem Cluster gefragt. Die Striche sind Intervalle zu 95 %.",
    ),
    "recognition_missing": (
        "Whether coins are recognised that were held out is not known, since not all clusters are explained.",
        "Ob zurückgehaltene Münzen erkannt werden, ist nicht bekannt, weil nicht alle Cluster erklärt sind.",
    ),
    "by_network_head": ("this network (upper bound)", "dieses Netz (obere Schranke)"),
    "by_network_training": ("this network", "dieses Netz"),
    "by_untrained": ("the same network, untrained", "dasselbe Netz, untrainiert"),
    "by_hog": ("histograms of gradients (HOG)", "Gradientenhistogramme (HOG)"),
    "by_shuffled": ("this network, shuffled clusters", "dieses Netz, gemischte Cluster"),
    "by_largest": ("the largest cluster alone", "der größte Cluster allein"),
    "by_neighbours": (
        "most of the ten neighbours in the graph that made the clusters (ceiling)",
        "die meisten der zehn Nachbarn in dem Graphen, aus dem die Cluster sind (Obergrenze)",
    ),
    "recognition_value": ("{share} ({low} to {high})", "{share} ({low} bis {high})"),
    "recognition_evidence": (
        "The maps of {evidence} of {clusters} clusters count as evidence: their coins are recognised more "
        "often than chance can do, and no less often than by what has learnt nothing from coins. The maps of "
        "the others are no evidence.",
        "Die Karten von {evidence} von {clusters} Clustern zählen als Beleg: Ihre Münzen werden häufiger "
        "erkannt, als der Zufall es kann, und nicht seltener als von dem, was von Münzen nichts gelernt hat. "
        "Die Karten "
        "der übrigen sind kein Beleg.",
    ),
    # of a cluster
    "cluster_line": ("{size} coins", "{size} Münzen"),
    "recognised_head": ("at most {share} recognised", "höchstens {share} erkannt"),
    "recognised_training": ("{share} recognised", "{share} erkannt"),
    "recognised_hint": (
        "Of its coins, held out in five folds, {share} were recognised ({low} to {high}); by histograms of "
        "gradients {hog}, by the same network untrained {untrained}, with shuffled clusters {shuffled}.",
        "Von seinen Münzen, in fünf Teilen zurückgehalten, wurden {share} erkannt ({low} bis {high}); von "
        "Gradientenhistogrammen {hog}, von demselben Netz untrainiert {untrained}, bei gemischten Clustern "
        "{shuffled}.",
    ),
    "upper_bound": (
        "The network has seen these coins, so this is an upper bound.",
        "Das Netz hat diese Münzen gesehen, das ist also eine obere Schranke.",
    ),
    "maps_are_evidence": ("Its maps count as evidence.", "Seine Karten zählen als Beleg."),
    "maps_are_no_evidence": (
        "The maps of this cluster are no evidence: {reason}.",
        "Die Karten dieses Clusters sind kein Beleg: {reason}.",
    ),
    "no_evidence_short": ("maps are no evidence", "Karten sind kein Beleg"),
    # of a coin
    "coin_recognised": ("recognised when held out", "zurückgehalten erkannt"),
    "coin_taken_for": ("held out, taken for {cluster}", "zurückgehalten, verwechselt mit {cluster}"),
    "column_fold": ("fold", "Teil"),
    "column_recognised": ("recognised when held out", "zurückgehalten erkannt"),
    "column_recognised_as": ("held out, taken for cluster", "zurückgehalten, zugeordnet zu Cluster"),
    "column_maps_are_evidence": ("maps of its cluster are evidence", "Karten ihres Clusters sind Beleg"),
    "table_recognition": ("recognition", "Wiedererkennung"),
}
"""English, German."""

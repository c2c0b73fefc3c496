"""What was run, and its curves."""

RUN: dict[str, tuple[str, str]] = {
    # what was run
    "what_was_run": ("What was run", "Was gerechnet wurde"),
    "fact_photographs": ("photographs", "Photographien"),
    "fact_photographs_is": (
        "{count}, of which {broken} are unusable and {copies} are duplicates",
        "{count}, davon {broken} unbrauchbar und {copies} Duplikate",
    ),
    "fact_network": ("network", "Netz"),
    "fact_network_is": (
        "{network}, {front}; epochs learnt: {epochs}",
        "{network}, {front}; gelernte Epochen: {epochs}",
    ),
    "front_sobel_zeros": (
        "Sobel front end (zero padding)",
        "Sobel-Filter davor (Rand: Nullen)",
    ),
    "front_sobel_replicate": (
        "Sobel front end (replicate padding)",
        "Sobel-Filter davor (Rand: wiederholt)",
    ),
    "front_colour": ("in colour", "in Farbe"),
    "front_cells_edges": (
        "which sees each coin cut out, laid over the others, and described by the directions of its edges",
        "das jede Münze ausgeschnitten sieht, über die anderen gelegt und durch die Richtungen ihrer Kanten "
        "beschrieben",
    ),
    "front_cells_pretrained": (
        "which sees each coin cut out, laid over the others, and described by what a pretrained network "
        "sees; a cell of its maps stands for more of the coin around it",
        "das jede Münze ausgeschnitten sieht, über die anderen gelegt und durch das beschrieben, was ein "
        "vortrainiertes Netz sieht; eine Zelle seiner Karten steht für mehr von der Münze um sie herum",
    ),
    "front_cells_both": (
        "which sees each coin cut out, laid over the others, and described by the directions of its edges "
        "and by what a pretrained network sees; a cell of its maps stands for more of the coin around it",
        "das jede Münze ausgeschnitten sieht, über die anderen gelegt und durch die Richtungen ihrer Kanten "
        "und das beschrieben, was ein vortrainiertes Netz sieht; eine Zelle seiner Karten steht für mehr von "
        "der Münze um sie herum",
    ),
    "fact_background": ("background", "Hintergrund"),
    "fact_background_is": (
        "removed from {alone} of {count} photographs before the network saw them",
        "aus {alone} von {count} Photographien entfernt, bevor das Netz sie sah",
    ),
    "fact_clustering": ("clusters", "Cluster"),
    "fact_clustering_is": (
        "k = {k}, {way}; seed {seed}, profile {profile}",
        "k = {k}, {way}; Startzahl {seed}, Profil {profile}",
    ),
    "by_matching": (
        "by matching parts, then learnt",
        "nach passenden Teilen, dann gelernt",
    ),
    "by_kmeans": (
        "by k-means on learnt features",
        "durch k-means auf gelernten Merkmalen",
    ),
    "by_features": (
        "by vectors made elsewhere, then learnt",
        "nach anderswo erzeugten Vektoren, dann gelernt",
    ),
    "by_given": ("given, then learnt", "vorgegeben, dann gelernt"),
    "by_angle": (
        "by the angles between learnt embeddings of augmented views",
        "nach den Winkeln zwischen gelernten Einbettungen abgewandelter Ansichten",
    ),
    "by_pic": (
        "by power iteration clustering on learnt features",
        "durch Power Iteration Clustering auf gelernten Merkmalen",
    ),
    "fact_description": ("parts", "Teile"),
    "fact_description_is": ("compared by {description}", "verglichen nach {description}"),
    "description_edges": ("the directions of their edges", "den Richtungen ihrer Kanten"),
    "description_tuned": (
        "the directions of their edges, and what a pretrained network sees that has learnt which coins match",
        "den Richtungen ihrer Kanten und danach, was ein vortrainiertes Netz sieht, das gelernt hat, welche "
        "Münzen zueinander passen",
    ),
    "description_pretrained": (
        "the directions of their edges and by what EfficientNet-Lite0, trained on ImageNet, sees in them",
        "den Richtungen ihrer Kanten und danach, was EfficientNet-Lite0, auf ImageNet trainiert, darin sieht",
    ),
    "description_library": (
        "the directions of their edges and by what the pretrained network {network} sees in them",
        "den Richtungen ihrer Kanten und danach, was das vortrainierte Netz {network} darin sieht",
    ),
    "fact_orientation": ("orientation", "Lage"),
    "fact_orientation_is": ("{how}", "{how}"),
    "orientation_upright": (
        "coins stand upright, as the options say",
        "aufrecht, wie in den Optionen angegeben",
    ),
    "orientation_any": (
        "coins lie at any angle, as the options say, and were compared at sixteen turns",
        "beliebig gedreht, wie in den Optionen angegeben, und in sechzehn Drehungen verglichen",
    ),
    "orientation_found_upright": (
        "coins stand upright: of the pairs of a sample that are most alike, {standing} are so without a turn",
        "aufrecht: Von den ähnlichsten Paaren einer Stichprobe sind es {standing} ohne Drehung",
    ),
    "orientation_found_any": (
        "coins lie at any angle, and were compared at sixteen turns: of the pairs of a sample that are most "
        "alike, only {standing} are so without a turn",
        "beliebig gedreht, daher in sechzehn Drehungen verglichen: Von den ähnlichsten Paaren einer "
        "Stichprobe sind es nur {standing} ohne Drehung",
    ),
    "fact_start": ("first epoch", "erste Epoche"),
    "fact_start_is": ("learnt {start}", "lernte {start}"),
    "start_given": ("clusters that were given", "vorgegebene Cluster"),
    "start_features": (
        "clusters by vectors made elsewhere",
        "Cluster nach anderswo erzeugten Vektoren",
    ),
    "start_matching": (
        "clusters by matching parts",
        "Cluster nach passenden Teilen",
    ),
    "start_nothing": (
        "its own clusters from the first epoch on",
        "von der ersten Epoche an eigene Cluster",
    ),
    "fact_v2": ("trainer", "Trainer"),
    "fact_v2_is": ("DeepCluster-v2; first learnt {start}", "DeepCluster-v2; lernte zuerst {start}"),
    "fact_learning": ("learning", "Lernen"),
    "fact_learning_is": ("rate {rate}, batches of {batch}", "Rate {rate}, Stapel zu {batch}"),
    "fact_varied": (
        "augmentation",
        "Augmentierung",
    ),
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
        "trained elsewhere with k = {k}; the checkpoint does not say how",
        "andernorts mit k = {k} trainiert; wie, sagt der Checkpoint nicht",
    ),
    "fact_head": ("head", "Kopf"),
    "fact_head_is": (
        "assigns {fit} of the coins to the cluster that the log gives them",
        "ordnet {fit} der Münzen dem Cluster zu, den das Protokoll ihnen gibt",
    ),
    "fact_dead": ("no evidence", "ohne Belege"),
    "fact_dead_is": (
        "coins whose map is not positive anywhere: {count}",
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
    "to_previous": (
        "with the previous epoch",
        "mit der Epoche davor",
    ),
    "between_seeds": ("between k-means seeds", "zwischen Startzahlen"),
    "to_label": (
        "with the label",
        "mit der Beschriftung",
    ),
    "baseline_to_label": (
        "gradient histograms with the label",
        "Gradientenhistogramme mit der Beschriftung",
    ),
    "untrained_to_label": (
        "untrained network with the label",
        "untrainiertes Netz mit der Beschriftung",
    ),
    "epochs_learnt": ("epochs learnt", "gelernte Epochen"),
    "agreement": ("agreement (AMI)", "Übereinstimmung (AMI)"),
    "loss": ("loss", "Verlust"),
    "chance": ("chance", "Zufall"),
    "cross_entropy": ("cross-entropy", "Kreuzentropie"),
}
"""English, German."""

"""The words of the page that compares runs; those that it shares with a run's own page are in `SHARED`."""

SHARED = (
    *("language_name", "skip", "overview", "cluster", "coins", "search", "tables"),
    *("alt", "more", "found", "no_such_coin", "without_script"),
    *("verdict_supported", "verdict_refuted", "verdict_no_relevant_effect", "verdict_cannot_be_decided"),
)
"""Keys of words of a run's page that this one speaks as well."""

COMPARISON: dict[str, tuple[str, str]] = {
    "compared_title": ("{count} runs compared", "{count} Läufe im Vergleich"),
    "compared_lead": (
        "{coins} coins that all runs have, grouped anew in each of them.",
        "{coins} Münzen, die alle Läufe haben, in jedem neu gruppiert.",
    ),
    "compared_left_out": (
        "{run} has {count} more coins, which are not compared.",
        "{run} hat {count} weitere Münzen, die nicht verglichen werden.",
    ),
    # the table of runs
    "runs_heading": ("The runs", "Die Läufe"),
    "runs_hint": (
        "Settings are shown where runs differ in them. Recognised is the share of held-out coins that the "
        "network puts into their own cluster, with its 95 % interval; behind it stands what gradient "
        "histograms reach, which learn nothing. Stability is the mean share of seeds that put a coin into "
        "its cluster. Click on a heading to sort.",
        "Einstellungen stehen hier, wo die Läufe sich in ihnen unterscheiden. Erkannt ist der Anteil der "
        "zurückgehaltenen Münzen, die das Netz in ihren eigenen Cluster legt, mit seinem 95-%-Intervall; "
        "dahinter steht, was Gradientenhistogramme erreichen, die nichts lernen. Beständigkeit ist der "
        "mittlere Anteil der Startzahlen, die eine Münze in ihren Cluster legen. Ein Klick auf eine "
        "Überschrift sortiert.",
    ),
    "run": ("run", "Lauf"),
    "settings_same": (
        "The runs do not differ in any setting.",
        "Die Läufe unterscheiden sich in keiner Einstellung.",
    ),
    "number_of_coins": ("coins", "Münzen"),
    "number_of_clusters": ("clusters", "Cluster"),
    "recognised": ("recognised", "erkannt"),
    "recognised_interval": ("({low} to {high}) · {hog}", "({low} bis {high}) · {hog}"),
    "recognised_at_most": (
        "An upper bound: the network has learnt from the held-out coins, its head has not.",
        "Eine obere Schranke: Das Netz hat von den zurückgehaltenen Münzen gelernt, sein Kopf nicht.",
    ),
    "mean_stability": ("stability", "Beständigkeit"),
    "ami_with": ("AMI with {label}", "AMI mit {label}"),
    "ami_beside": ("· {hog}", "· {hog}"),
    "ami_with_hint": (
        "AMI with {label} is the agreement of the clusters with that column of the table of coins, which no "
        "run has seen: 0 is chance, 1 is equal. Behind it stands what gradient histograms reach.",
        "AMI mit {label} ist die Übereinstimmung der Cluster mit dieser Spalte der Münztabelle, die kein "
        "Lauf gesehen hat: 0 ist Zufall, 1 ist gleich. Dahinter steht, was Gradientenhistogramme "
        "erreichen.",
    ),
    "claims_column": ("claims", "Aussagen"),
    "warnings_column": ("warnings", "Warnungen"),
    "unknown": ("unknown", "unbekannt"),
    "seeds_heading": ("Seeds of one setting", "Startzahlen einer Einstellung"),
    "seeds_hint": (
        "Runs that differ in their seed alone, with the mean of their figures and the standard deviation "
        "over the seeds; each seed counts once. What differs less than that between two settings may be the "
        "seed.",
        "Läufe, die sich nur in der Startzahl unterscheiden, mit dem Mittel ihrer Zahlen und der "
        "Standardabweichung über die Startzahlen; jede zählt einmal. Was sich zwischen zwei Einstellungen "
        "weniger unterscheidet, kann an der Startzahl liegen.",
    ),
    "spread": ("± {value}", "± {value}"),
    "spread_of_some": ("({known} of {seeds} seeds)", "({known} von {seeds} Startzahlen)"),
    # the matrix
    "agreement_heading": ("How far the runs agree", "Wie weit die Läufe übereinstimmen"),
    "agreement_hint": (
        "Adjusted mutual information (AMI) of every two runs: 0 is what chance reaches, 1 is the same "
        "clusters. Runs that agree stand beside each other. Runs of the same network and matching have "
        "much in common before they begin, so agreement alone does not show that clusters are right.",
        "Bereinigte Transinformation (AMI) je zweier Läufe: 0 erreicht der Zufall, 1 heißt dieselben "
        "Cluster. Läufe, die übereinstimmen, stehen nebeneinander. Läufe mit demselben Netz und demselben "
        "Vergleich der Teile haben von vornherein viel gemeinsam; Übereinstimmung allein zeigt also nicht, "
        "dass Cluster richtig sind.",
    ),
    # flows
    "flows_heading": ("Where the coins go", "Wohin die Münzen gehen"),
    "flows_hint": (
        "Each column is a run, each block a cluster with its number and its share of the coins, each band "
        "the coins that go from one cluster to another. A cluster has the colour of the one that it "
        "corresponds to in the run before; that goes by the order given, whichever is shown. Point at a band "
        "or block to see its coins; click to keep them, and of a band to see what tells them from the others "
        "of their cluster. With the keyboard, go to the picture and use the arrow keys.",
        "Jede Spalte ist ein Lauf, jeder Block ein Cluster mit seiner Nummer und seinem Anteil an den "
        "Münzen, jedes Band die Münzen, die von einem Cluster in einen anderen gehen. Ein Cluster hat die "
        "Farbe dessen, dem er im Lauf davor entspricht; dafür gilt die angegebene Reihenfolge, welche auch "
        "gezeigt wird. Zeigen Sie auf ein Band oder einen Block, um seine Münzen zu sehen; ein Klick hält "
        "sie fest und zeigt bei einem Band, was sie von den anderen ihres Clusters unterscheidet. Mit der "
        "Tastatur gehen Sie ins Bild und nehmen die Pfeiltasten.",
    ),
    "flows_order": ("Order of the runs", "Reihenfolge der Läufe"),
    "flows_given": ("as given", "wie angegeben"),
    "flows_alike": ("like beside like", "Ähnliches nebeneinander"),
    "flows_tree": ("k rises, one run for each", "k steigt, je ein Lauf"),
    "flows_alt": (
        "Bands of coins between the clusters of {runs}",
        "Bänder von Münzen zwischen den Clustern von {runs}",
    ),
    "flow_told": (
        "From cluster {before} of {run} ({share_before} of it) to cluster {after} of {other} ({share_after} "
        "of it): {coins} of {all} coins",
        "Von Cluster {before} in {run} ({share_before} davon) zu Cluster {after} in {other} ({share_after} "
        "davon): {coins} von {all} Münzen",
    ),
    "block_told": (
        "Cluster {cluster} of {run}: {coins} of {all} coins",
        "Cluster {cluster} in {run}: {coins} von {all} Münzen",
    ),
    "flows_left_out": (
        "{count} thinner bands with {share} of the coins are not drawn.",
        "{count} dünnere Bänder mit {share} der Münzen sind nicht gezeichnet.",
    ),
    "flows_nothing": ("Nothing is chosen yet.", "Noch ist nichts gewählt."),
    "kept": ("kept; click again to let go", "festgehalten; ein weiterer Klick löst es"),
    # what tells the coins of a band apart
    "apart_heading": ("What tells them apart", "Was sie unterscheidet"),
    "apart_told": (
        "Where the mean maps of both parts of the cluster differ. The largest difference of a cell is "
        "{value} of the full scale; coins dealt out anew into parts of the same sizes reach at most "
        "{chance} in {shuffles} trials. It tells where the network found more for the cluster, not what is "
        "there: compare the coins.",
        "Wo sich die mittleren Karten beider Teile des Clusters unterscheiden. Der größte Unterschied "
        "einer Zelle ist {value} der vollen Skala; neu auf Teile derselben Größe verteilte Münzen "
        "erreichen in {shuffles} Versuchen höchstens {chance}. Das besagt, wo das Netz mehr für den "
        "Cluster fand, nicht was dort ist: Vergleichen Sie die Münzen.",
    ),
    "apart_not": (
        "The maps do not tell both parts of the cluster apart: the largest difference of a cell is {value} "
        "of the full scale, and coins dealt out anew reach up to {chance} in {shuffles} trials.",
        "Die Karten unterscheiden beide Teile des Clusters nicht: Der größte Unterschied einer Zelle ist "
        "{value} der vollen Skala, und neu verteilte Münzen erreichen in {shuffles} Versuchen bis zu "
        "{chance}.",
    ),
    "apart_few": (
        "Fewer than {least} coins with a map on one side: what tells them apart cannot be said.",
        "Weniger als {least} Münzen mit einer Karte auf einer Seite: Was sie unterscheidet, lässt sich nicht "
        "sagen.",
    ),
    "apart_unlike": (
        "The network of this run is shown whole photographs, in which coins lie differently: their maps have "
        "no mean that tells both parts of the cluster apart.",
        "Das Netz dieses Laufs sieht ganze Photographien, in denen Münzen verschieden liegen: Ihre Karten "
        "haben kein Mittel, das beide Teile des Clusters unterscheidet.",
    ),
    "apart_these": ("more here: these {count} coins", "hier mehr: diese {count} Münzen"),
    "apart_others": (
        "more here: the {count} others of the cluster",
        "hier mehr: die {count} anderen des Clusters",
    ),
    # which k
    "k_heading": ("Which k", "Welches k"),
    "k_stands_out": (
        "k = {k} stands out: behind it the eigenvalues of the graph of matching coins fall {times} times as "
        "deep as behind the numbers of clusters beside it. More than {limit} times count, and 2 to {highest} "
        "clusters were looked at.",
        "k = {k} sticht heraus: Dahinter fallen die Eigenwerte des Graphen passender Münzen {times}-mal so "
        "tief wie hinter den Clusterzahlen daneben. Mehr als das {limit}-Fache zählt, und angesehen wurden 2 "
        "bis {highest} Cluster.",
    ),
    "k_none": (
        "No k stands out: from 2 to {highest} clusters, the eigenvalues of the graph of matching coins "
        "nowhere fall much deeper than beside it, at most {times} times as deep; {limit} times would count. "
        "That does not say that there are no types. Choose k by what you want to tell apart.",
        "Kein k sticht heraus: Von 2 bis {highest} Clustern fallen die Eigenwerte des Graphen passender "
        "Münzen nirgends viel tiefer als daneben, höchstens {times}-mal so tief; {limit}-mal würde zählen. "
        "Das heißt nicht, dass es keine Typen gibt. Wählen Sie k nach dem, was Sie unterscheiden wollen.",
    ),
    "k_left_out": (
        "Coins in groups much smaller than most, which may be photographs of one coin, were left out of "
        "that: {count}.",
        "Münzen in Gruppen, die viel kleiner als die meisten sind und Photographien einer Münze sein können, "
        "blieben dabei außer Acht: {count}.",
    ),
    "k_unknown": (
        "These runs have no graph of matching coins, or too few coins, so nothing says which k stands out.",
        "Diese Läufe haben keinen Graphen passender Münzen oder zu wenige Münzen; so sagt nichts, welches k "
        "heraussticht.",
    ),
    "k_hint": (
        "Each run is a dot at its k. Recognition changes with k by itself, as that of shuffled clusters of "
        "the same sizes does, and different seeds also agree on clusters that are not real groups: neither "
        "picks a k. Where the clusters of each k come from, the bands above show, ordered by rising k.",
        "Jeder Lauf ist ein Punkt bei seinem k. Erkennung ändert sich mit k von selbst, wie die gemischter "
        "Cluster gleicher Größe, und verschiedene Startzahlen stimmen auch bei Clustern überein, die keine "
        "wirklichen Gruppen sind: Keine von beiden wählt ein k. Woher die Cluster jedes k kommen, zeigen "
        "oben die Bänder, nach steigendem k geordnet.",
    ),
    "k_hint_falls": (
        "On the right is the depth of each fall, as a multiple of the mean of up to four before and up to "
        "four behind, or of a third of all falls before it together if that is more. Many photographs of "
        "one coin can make a k stand out as well: look at the clusters.",
        "Rechts steht die Tiefe jedes Falls als Vielfaches des Mittels von bis zu vieren davor und bis zu "
        "vieren dahinter oder, wenn das mehr ist, eines Drittels aller davor zusammen. Auch viele "
        "Photographien einer Münze können ein k herausheben: Sehen Sie sich die Cluster an.",
    ),
    "k_alt": (
        "Recognition and stability of the runs against k",
        "Erkennung und Beständigkeit der Läufe über k",
    ),
    "k_alt_falls": (
        "Recognition and stability of the runs, and falls of the eigenvalues, against k",
        "Erkennung und Beständigkeit der Läufe und Fälle der Eigenwerte über k",
    ),
    "k_axis": ("number of clusters k", "Zahl der Cluster k"),
    "k_share": ("share", "Anteil"),
    "k_recognised": ("recognised", "erkannt"),
    "k_shuffled": ("recognised, shuffled clusters", "erkannt, gemischte Cluster"),
    "k_hog": ("recognised, gradient histograms", "erkannt, Gradientenhistogramme"),
    "k_times": ("depth of the fall, as a multiple", "Tiefe des Falls, als Vielfaches"),
    "k_limit": ("what counts", "was zählt"),
    # cores
    "cores_heading": ("What never parts", "Was sich nie trennt"),
    "cores_hint": (
        "A core is a set of coins that are together in every run. Chance makes cores as well: the column "
        "beside it shows what is left once each run's coins are dealt out anew into clusters of the same "
        "sizes. A core counts if it is rarer than the rarest of {shuffles} such shuffles. It tells that the "
        "coins stay together whatever differs between these runs, not why: look whether their photographs "
        "have more in common than their motif.",
        "Ein Kern ist eine Menge von Münzen, die in jedem Lauf beisammen sind. Auch der Zufall macht Kerne: "
        "Die Spalte daneben zeigt, was bleibt, wenn die Münzen jedes Laufs neu auf Cluster derselben Größe "
        "verteilt werden. Ein Kern zählt, wenn er seltener ist als der seltenste aus {shuffles} solchen "
        "Verteilungen. Er besagt, dass die Münzen beisammen bleiben, was auch immer sich zwischen diesen "
        "Läufen unterscheidet, nicht warum: Sehen Sie nach, ob ihre Photographien mehr gemeinsam haben als "
        "das Motiv.",
    ),
    "cores_here": ("these runs", "diese Läufe"),
    "cores_shuffled": ("shuffled", "gemischt"),
    "cores_share": ("share of coins in cores", "Anteil der Münzen in Kernen"),
    "cores_share_beyond": (
        "share of coins in cores that count",
        "Anteil der Münzen in Kernen, die zählen",
    ),
    "cores_largest": ("coins in the largest core", "Münzen im größten Kern"),
    "cores_count": ("cores that count, of all", "Kerne, die zählen, von allen"),
    "core": ("Core {number}", "Kern {number}"),
    "core_told": ("{coins} coins, {expected} by chance", "{coins} Münzen, {expected} durch Zufall"),
    "core_label": ("{label}: {value} {share}", "{label}: {value} {share}"),
    "core_by_chance": ("may be chance", "kann Zufall sein"),
    "core_clusters": ("clusters {clusters}", "Cluster {clusters}"),
    "no_cores": (
        "No two coins are together in every run.",
        "Keine zwei Münzen sind in jedem Lauf beisammen.",
    ),
    # what wanders
    "wanders_heading": ("What wanders", "Was wandert"),
    "wanders_hint": (
        "Coins whose companions change most. The figure is how far the clusters of the coin are the same "
        "coins (Jaccard index), in the mean over all pairs of runs. Over all coins it is {mean}, and "
        "{chance} once coins are dealt out anew.",
        "Münzen, deren Gesellschaft am meisten wechselt. Die Zahl sagt, wie weit die Cluster der Münze "
        "dieselben Münzen sind (Jaccard-Index), im Mittel über alle Paare von Läufen. Über alle Münzen ist "
        "sie {mean}, und {chance}, wenn die Münzen neu verteilt werden.",
    ),
    "company": ("company {value}", "Gesellschaft {value}"),
    # one coin
    "coin_in_all_runs": ("In all runs", "In allen Läufen"),
    "coin_hint": (
        "The map of each run shows where evidence for its own cluster lies, on its own scale. Beside it "
        "are the most typical coins of that cluster.",
        "Die Karte jedes Laufs zeigt, wo Belege für den eigenen Cluster liegen, auf eigener Skala. Daneben "
        "stehen die typischsten Münzen dieses Clusters.",
    ),
    "coin_core": ("It is in core {number}.", "Sie ist in Kern {number}."),
    "coin_company": ("It keeps {value} of its company.", "Sie behält {value} ihrer Gesellschaft."),
    "coin_alone": ("It is in no core.", "Sie ist in keinem Kern."),
    "no_map": ("no map of this run", "keine Karte dieses Laufs"),
    "no_photograph": ("no photograph", "keine Photographie"),
    "typical_of": ("typical of it", "typisch für ihn"),
    "cluster_size": ("{count} coins", "{count} Münzen"),
    "search_compared": (
        "Coins whose name holds what was searched for.",
        "Münzen, deren Name das Gesuchte enthält.",
    ),
    "same_as_before": ("{name} (from another run)", "{name} (aus einem anderen Lauf)"),
    # tables
    "table_runs": ("runs", "Läufe"),
    "table_seeds": ("seeds of a setting", "Startzahlen einer Einstellung"),
    "table_agreement": ("agreement", "Übereinstimmung"),
    "table_matches": ("matched clusters", "Entsprechungen der Cluster"),
    "table_flows": ("flows", "Flüsse"),
    "table_parents": ("parents over k", "Eltern über k"),
    "table_falls": ("falls of eigenvalues", "Fälle der Eigenwerte"),
    "table_cores": ("cores", "Kerne"),
    "compared_sending": (
        "To send this page, send its whole folder. {partitions} holds the clusters of each run, by coin.",
        "Um diese Seite zu versenden, senden Sie ihren ganzen Ordner. {partitions} enthält die Cluster "
        "jedes Laufs, nach Münzen.",
    ),
}
"""English, German."""

"""Sentences that other rooms say in English, in the other languages of the page.

Warnings, reasons and errors are written for terminals and tables, and kept there in English. As with
gettext, the English sentence is the key; names in braces stand for what differs from case to case. What is
not here, such as an error of the operating system, stays as it is.
"""

import re
from functools import cache

from coin_xai.evidence.recognition_tables import BETWEEN_REASONS
from coin_xai.report.claim_sentences import CLAIM_SENTENCES
from coin_xai.report.words import LANGUAGES, Language

SENTENCES: tuple[tuple[str, str], ...] = (
    # coin_xai.deepcluster.diagnostics
    (
        "{coins} coins in {dimensions} PCA dimensions: below {least} coins per dimension k-means sees mostly "
        "noise. Give more photographs or fewer PCA dimensions.",
        "{coins} Münzen in {dimensions} PCA-Dimensionen: Unter {least} Münzen je Dimension sieht k-means "
        "vor allem Rauschen. Mehr Photographien geben oder weniger PCA-Dimensionen.",
    ),
    (
        "The partition changed at random in the last {epochs} epochs (AMI to the previous one below "
        "{least}). Try fewer PCA dimensions, fewer clusters or a smaller learning rate.",
        "Die Einteilung änderte sich in den letzten {epochs} Epochen zufällig (AMI mit der vorigen unter "
        "{least}). Weniger PCA-Dimensionen, weniger Cluster oder eine kleinere Lernrate versuchen.",
    ),
    (
        "The network learns its clusters no better than chance (loss {loss}, chance {chance}). Give more "
        "passes per clustering or another learning rate.",
        "Das Netz lernt seine Cluster nicht besser als der Zufall (Verlust {loss}, Zufall {chance}). Mehr "
        "Durchgänge je Clustern geben oder eine andere Lernrate.",
    ),
    (
        "One cluster holds {share} of the coins. Look for a nuisance that most photographs share, or choose "
        "more clusters.",
        "Ein Cluster enthält {share} der Münzen. Nach einer Störung suchen, die die meisten Photographien "
        "teilen, oder mehr Cluster wählen.",
    ),
    (
        "{empty} of {k} clusters are empty. Choose a smaller k.",
        "{empty} von {k} Clustern sind leer. Ein kleineres k wählen.",
    ),
    (
        "The head assigns only {share} of the coins to their own cluster; the maps of the others explain a "
        "cluster that is not theirs.",
        "Der Kopf ordnet nur {share} der Münzen ihrem eigenen Cluster zu; die Karten der anderen erklären "
        "einen Cluster, der nicht ihrer ist.",
    ),
    (
        "Histograms of gradients, which learn nothing, agree better with {label} (AMI {baseline}) than these "
        "clusters do ({reached}): what the network found in the coins is something else.",
        "Gradientenhistogramme, die nichts lernen, stimmen besser mit {label} überein (AMI {baseline}) als "
        "diese Cluster ({reached}): Was das Netz in den Münzen fand, ist etwas anderes.",
    ),
    (
        "The clusters agree less with {label} (AMI {reached}) than before the network learnt anything "
        "({before}). Try fewer epochs, a smaller learning rate or initial weights.",
        "Die Cluster stimmen weniger mit {label} überein (AMI {reached}) als bevor das Netz etwas lernte "
        "({before}). Weniger Epochen, eine kleinere Lernrate oder Anfangsgewichte versuchen.",
    ),
    # coin_xai.evidence.lattice
    (
        "Behind the last convolution of {network}, windows of pooling overlap, so the hottest cells of its "
        "maps lie on every second row and column two to three times as often as by chance, whatever is "
        "shown. Read where heat lies on the coin, not single cells.",
        "Hinter der letzten Faltung von {network} überlappen die Fenster des Poolings; darum liegen die "
        "heißesten Zellen seiner Karten zwei- bis dreimal so oft wie zufällig auf jeder zweiten Zeile und "
        "Spalte, was immer gezeigt wird. Auf der Münze zählt, wo die Wärme liegt, nicht die einzelne Zelle.",
    ),
    # coin_xai.evidence.recognition_tables
    (
        "{hits} of {size} is not surely more than shuffled clusters reach ({share})",
        "{hits} von {size} ist nicht sicher mehr, als gemischte Cluster erreichen ({share})",
    ),
    (
        "{hits} of {size} is not surely more than the share of the largest cluster ({share})",
        "{hits} von {size} ist nicht sicher mehr als der Anteil des größten Clusters ({share})",
    ),
    (
        "histograms of gradients, which learn nothing, recognise more ({share})",
        "Gradientenhistogramme, die nichts lernen, erkennen mehr ({share})",
    ),
    (
        "the same network untrained recognises more ({share})",
        "dasselbe Netz erkennt untrainiert mehr ({share})",
    ),
    # coin_xai.photographs.cleaning
    ("blurred", "unscharf"),
    ("very dark", "sehr dunkel"),
    ("very light", "sehr hell"),
    ("small in its frame", "klein in ihrem Bild"),
    ("fills its frame", "füllt ihr Bild"),
    ("unusually dark background", "ungewöhnlich dunkler Hintergrund"),
    ("unusually light background", "ungewöhnlich heller Hintergrund"),
    ("no coin stands out from the background", "keine Münze hebt sich vom Hintergrund ab"),
    ("nearly the same photograph as another", "fast dieselbe Photographie wie eine andere"),
    (
        "its cluster is one of photographs of this shape, not of coins of one kind",
        "ihr Cluster ist einer von Photographien dieser Form, nicht von Münzen einer Art",
    ),
    # coin_xai.photographs.doubts
    ("the first of several pictures in its file", "das erste von mehreren Bildern in seiner Datei"),
    ("fewer than 32 pixels high or wide", "weniger als 32 Pixel hoch oder breit"),
    ("blank, all of it has one colour", "leer, überall dieselbe Farbe"),
    # tasks.running.failures
    ("cluster {cluster}, chunk {chunk}", "Cluster {cluster}, Stück {chunk}"),
    ("cluster {cluster}", "Cluster {cluster}"),
    # coin_xai.photographs.photograph, coin_xai.catalogue, tasks.ingest
    ("{name} is empty", "{name} ist leer"),
    (
        "{name} is no JPEG, PNG, TIFF, WEBP or BMP photograph, whatever its name says",
        "{name} ist keine Photographie in JPEG, PNG, TIFF, WEBP oder BMP, was immer der Name sagt",
    ),
    (
        "{name} has too many pixels ({error}); give a smaller copy",
        "{name} hat zu viele Pixel; eine kleinere Kopie geben",
    ),
    (
        "{name} needs more memory than there is; give a smaller copy",
        "{name} braucht mehr Speicher, als da ist; eine kleinere Kopie geben",
    ),
    (
        "{name} cannot be read ({error}); replace it by an undamaged copy",
        "{name} lässt sich nicht lesen ({error}); durch eine unbeschädigte Kopie ersetzen",
    ),
    (
        "{name} has {width} x {height} pixels; give a smaller copy",
        "{name} hat {width} x {height} Pixel; eine kleinere Kopie geben",
    ),
    (
        "{name} is {width} x {height} pixels, more than {ratio} times as long as wide; crop it to the coin",
        "{name} hat {width} x {height} Pixel und ist mehr als {ratio}-mal so lang wie breit; auf die Münze "
        "zuschneiden",
    ),
    (
        "{name} has greys of 32 bits, without a known white; save it with 8 or 16 bits",
        "{name} hat Grautöne mit 32 Bit, ohne bekanntes Weiß; mit 8 oder 16 Bit speichern",
    ),
    (
        "{name} is a broken link or no regular file; take it out of the folder",
        "{name} ist ein toter Verweis oder keine gewöhnliche Datei; aus dem Ordner nehmen",
    ),
    (
        "{name} is a link out of the folder; copy the photograph into it",
        "{name} ist ein Verweis aus dem Ordner hinaus; die Photographie hineinkopieren",
    ),
    ("{name} has a name that is not UTF-8; rename it", "{name} heißt nicht in UTF-8; umbenennen"),
    (
        "{name} has control characters in its name; rename it",
        "{name} hat Steuerzeichen im Namen; umbenennen",
    ),
    ("{name} cannot be opened ({error})", "{name} lässt sich nicht öffnen ({error})"),
    *CLAIM_SENTENCES,
)


def translated(sentence: str, language: Language) -> str | None:
    """Return an English sentence in another language, or None where the table does not have it."""
    if language == LANGUAGES[0]:
        return sentence
    for pattern, other in _patterns():
        found = pattern.fullmatch(sentence)
        if found:
            return other.format(**found.groupdict())
    return None


PER_CENT = re.compile(r"(\d)%")


def reason_in(reason: str, language: Language) -> str:
    """Return a reason in a language: several clauses, each translated by itself."""
    clauses = PER_CENT.sub(r"\1 %", reason).split(BETWEEN_REASONS)
    return BETWEEN_REASONS.join(translated(clause, language) or clause for clause in clauses)


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    return [
        (re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(english)), re.DOTALL), other)
        for english, other in SENTENCES
    ]

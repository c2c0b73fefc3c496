"use strict";

// The page of one cluster: what its coins share, which are typical and which doubtful, and all of them.

const EXAMPLES = 6;

function clusterAddress(cluster) {
  return `#/cluster/${cluster}`;
}

function clusterPage(number) {
  const cluster = PAGE.clusters.find((one) => one.cluster === number);
  if (!cluster) return make("p", { class: "warning" }, word("no_such_cluster", { cluster: number }));
  const coins = Table.members.get(number);
  const at = PAGE.clusters.indexOf(cluster);
  const beside = (step, text) => PAGE.clusters[at + step]
    ? link(text, clusterAddress(PAGE.clusters[at + step].cluster), { class: "step", title: clusterName(PAGE.clusters[at + step].cluster) }) : null;
  const doubtful = Table.sorted(coins, "margin").slice(0, EXAMPLES);
  const outlying = [...coins].reverse().slice(0, EXAMPLES);
  const all = make("div", {});
  const show = (some) => all.replaceChildren(gallery(some));
  show(coins);
  return make("article", {},
    make("div", { class: "heading" }, make("h2", {}, clusterName(number)),
      make("p", {}, word("cluster_line", { size: coins.length }), recognisedShare(cluster),
        cluster.stability === undefined ? "" : [" · ", stabilityOf(cluster.stability)],
        cluster.no_positive_evidence ? ` · ${word("without_evidence", { count: cluster.no_positive_evidence })}` : ""),
      make("span", { class: "steps" }, beside(-1, "←"), beside(1, "→"))),
    inWords(cluster), verdict(number), matchHint(cluster),
    nameFields(number),
    Settings.toolbar(),
    make("div", { class: "sheet" },
      make("aside", {}, summary(cluster, coins)),
      make("div", {},
        block("typical", coins.slice(0, EXAMPLES)), block("borderline", doubtful), block("outliers", outlying),
        contrastStrips(cluster), conceptStrips(number),
        make("section", {}, make("div", { class: "heading" }, make("h3", {}, word("members", { count: coins.length })), sorter(coins, "", show, word("typical"))), all))));
}

const percent = (share) => `${Math.round(100 * share)} %`;

function recognisedShare(cluster) {
  return cluster.recognition === undefined ? "" : ` · ${word(PAGE.upper_bound ? "recognised_head" : "recognised_training", { share: percent(cluster.recognition) })}`;
}

// What the maps of a cluster are worth; a warning where that is nothing.
function verdict(number) {
  const cluster = PAGE.clusters.find((one) => one.cluster === number);
  if (cluster.recognition === undefined) return null;
  const figures = Object.fromEntries(["low", "high", "hog", "untrained", "shuffled"].map((name) => [name, percent(cluster[name])]));
  const said = word("recognised_hint", { share: percent(cluster.recognition), ...figures });
  const bound = PAGE.upper_bound ? ` ${word("upper_bound")}` : "";
  if (cluster.evidence) return make("p", { class: "verdict" }, `${said}${bound} ${word("maps_are_evidence")}`);
  const reason = cluster.reason[document.documentElement.lang];
  return make("p", { class: "verdict warning" }, make("b", {}, word("maps_are_no_evidence", { reason })), ` ${said}${bound}`);
}

// What the table says of a cluster in one or two sentences.
function inWords(cluster) {
  if (!Table.named("table").length) return null;
  const list = (shared) => shared.map(([column, value, here, elsewhere]) =>
    `${columnWord(column)} ${value}: ${percent(here)} (${percent(elsewhere)})`).join(", ");
  const shared = cluster.shared.length ? word("shared_values", { values: list(cluster.shared) }) : word("no_shared_values");
  const rival = cluster.differing.length ? word("differing_values", { cluster: clusterName(cluster.nearest[0][0]), values: list(cluster.differing) }) : "";
  return make("p", { class: "inwords" }, `${shared} ${rival}`);
}

// How far the maps of the network show what the coins of the cluster share.
function matchHint(cluster) {
  if (typeof cluster.match_agreement !== "number") return null;
  const figure = (value) => (value === null ? "–" : value.toFixed(2));
  const agreement = word("match_hint", { agreement: figure(cluster.match_agreement), by_chance: figure(cluster.match_agreement_by_chance) });
  const purity = cluster.purity === null ? "" : word("match_purity", { purity: percent(cluster.purity) });
  return make("p", { class: "matched" }, `${agreement} ${purity}`);
}

const stabilityOf = (value) => make("span", { title: word("stability_hint") }, word("stability", { value: Table.short(value) }));

function nameFields(number) {
  const { name, note } = Notes.cluster(number);
  return make("div", { class: "notefields" },
    noteField(word("cluster_name"), name, (text) => Notes.setCluster(number, { name: text }), { class: "name", maxlength: 120 }),
    noteField(word("observation"), note, (text) => Notes.setCluster(number, { note: text }), { maxlength: 4000 }));
}

function block(key, coins) {
  return make("section", {}, make("h3", {}, word(key)), make("p", { class: "quiet" }, word(`${key}_hint`)), gallery(coins));
}

// Of coins that lie alike; where too few do, their mean would show no coin.
function meanMap(cluster) {
  if (!cluster.mean_of) return make("p", { class: "quiet" }, word("no_mean"));
  return [Frame.mean(cluster),
    make("p", { class: "quiet" }, word("mean_hint", { method: HEAT_FIRST.caption, maximum: Table.short(cluster.mean_maximum) })),
    cluster.mean_of < cluster.size ? make("p", { class: "quiet" }, word("mean_of_some", { count: cluster.mean_of, size: cluster.size })) : null,
    make("h3", {}, word("profile")), Bars.profile(cluster.profile),
    make("p", { class: "quiet ends" }, make("span", {}, word("centre")), make("span", {}, word("rim"))),
  ];
}

function summary(cluster, coins) {
  const near = cluster.nearest.map(([other, similarity]) => make("a", { href: clusterAddress(other), class: "near" },
    Frame.small(Table.members.get(other)[0]),
    make("span", {}, make("b", {}, clusterName(other)), make("small", {}, word("similarity", { value: similarity.toFixed(2) })))));
  const columns = Table.named("table").filter((column) => column.kind !== "text" || column.texts.length > 1);
  const telling = columns.filter((column) => Bars.tellsApart(column.name, coins));
  const others = columns.filter((column) => !telling.includes(column));
  return [
    make("h3", {}, word("mean_map")), meanMap(cluster),
    make("h3", {}, word("quality_here")), Bars.quality(cluster.standing), make("p", { class: "quiet" }, word("quality_hint")),
    near.length ? [make("h3", {}, word("nearest_clusters")), near] : null,
    columns.length ? [make("h3", {}, word("table_here")), telling.map((column) => Bars.distribution(column.name, coins)),
      make("p", { class: "quiet" }, word("usual_hint")),
      others.length ? make("p", { class: "quiet" }, word("mostly_different", { columns: others.map((column) => columnWord(column.name)).join(", ") })) : null] : null,
  ];
}

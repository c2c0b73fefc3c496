"use strict";

// The page of one coin: all its maps large, its row of the table, the coins nearest to it, its history.

const LONGEST_NUMBER = 8;

function coinPage(id) {
  const coin = Table.coinOf.get(id);
  if (coin === undefined) return make("p", { class: "warning" }, word("no_such_coin", { coin: id }));
  const cluster = Table.value("cluster", coin);
  const beside = Table.members.get(cluster);
  const at = beside.indexOf(coin);
  const step = (by, text) => beside[at + by] === undefined ? null
    : link(text, coinAddress(beside[at + by]), { class: "step", title: Table.idOf(beside[at + by]) });
  const note = Notes.coin(id);
  return make("article", {},
    make("div", { class: "heading" }, make("h2", {}, id), make("p", {}, link(clusterName(cluster), clusterAddress(cluster)),
      ` · ${word("rank_in_cluster", { rank: at + 1, size: beside.length })}`), make("span", { class: "steps" }, step(-1, "←"), step(1, "→"))),
    noEvidence(cluster),
    Settings.toolbar(),
    make("div", { class: "large" }, PAGE.methods.map((method) => make("figure", {}, Frame.picture(coin, method.name),
      make("figcaption", {}, make("b", {}, method.caption), caption(method, coin))))),
    make("div", { class: "notefields" }, make("span", { class: "flags" }, Notes.FLAGS.map((flag) => flagButton(id, flag))),
      noteField(word("observation"), note.note, (text) => Notes.setCoin(id, { note: text }), { rows: 2, maxlength: 4000 })),
    make("div", { class: "sheet coinsheet" },
      make("aside", {}, make("h3", {}, word("judgement")), facts(coin, "result"),
        Table.columns.has("stability") ? make("p", { class: "quiet" }, word("stability_hint")) : null, shield(coin),
        make("h3", {}, word("photograph_quality")), facts(coin, "quality")),
      make("div", {}, make("h3", {}, word("table_row")), facts(coin, "table"),
        neighbours(coin, "match"), neighbours(coin, "same"), neighbours(coin, "other"), history(coin))));
}

// Whoever comes by a link or a search has not seen the page of the cluster.
function noEvidence(number) {
  const cluster = PAGE.clusters.find((one) => one.cluster === number);
  if (cluster.evidence !== false) return null;
  return make("p", { class: "verdict warning" }, make("b", {}, word("maps_are_no_evidence", { reason: cluster.reason[document.documentElement.lang] })));
}

function caption(method, coin) {
  if (method.kind !== "heat") return method.kind === "gradient" ? make("span", {}, word(method.name.startsWith("guided") ? "guided_caption" : "gradient_caption")) : null;
  if (method.name === "match" && PAGE.matched.other[coin] !== null) return make("span", {}, word("match_caption", {
    other: PAGE.matched.other_cluster[coin], own: PAGE.matched.own[coin]?.toFixed(2) ?? "–", less: PAGE.matched.other[coin].toFixed(2) }));
  const maximum = HEAT[method.name].maximum[coin];
  const value = maximum > 0 ? word("maximum", { value: Table.short(maximum) }) : word("no_evidence");
  return make("span", {}, method.name === "hires_cam" ? `${value} · ${word("hires_caption")}` : value);
}

function facts(coin, group) {
  const rows = Table.named(group).map((column) => [column.name, rounded(column, Table.text(column.name, coin))]).filter(([, text]) => text !== "");
  if (!rows.length) return make("p", { class: "quiet" }, word("no_table"));
  return make("dl", {}, rows.flatMap(([name, text]) => [make("dt", {}, columnWord(name)), make("dd", {}, linked(text))]));
}

// A table may hold more digits than anybody reads; it can be taken away with all of them.
function rounded(column, text) {
  return column.numeric && text.includes(".") && text.length > LONGEST_NUMBER ? Table.short(Number(text)) : text;
}

// Addresses on the web become links, and no others: a table may hold anything.
function linked(text) {
  return /^https?:\/\/\S+$/i.test(text) ? link(text, text) : text;
}

// What stands in the cantons, numbered as in heraldry: 1 upper left, 2 upper right, 3 lower left, 4 lower right.
function shield(coin) {
  const names = [1, 2, 3, 4].map((number) => `canton_${number}`);
  if (!names.every((name) => Table.columns.has(name))) return null;
  return make("div", {}, make("h3", {}, word("cantons")), make("div", { class: "shield" },
    names.map((name, at) => make("span", {}, make("small", {}, String(at + 1)), Table.text(name, coin) || "–"))));
}

function neighbours(coin, kind) {
  const found = PAGE.neighbours[kind].position[coin];
  if (!found.length) return null;
  const matched = kind === "match";
  const beside = (other, at) => word(matched ? "matched" : "alike", {
    similarity: PAGE.neighbours[kind].similarity[coin][at]?.toFixed(2), cluster: Table.value("cluster", other) });
  const cards = found.map((other, at) => card(other, make("span", {}, beside(other, at))));
  const hint = matched ? word("nearest_match_hint", { share: percent(Table.value("purity", coin)) }) : word("nearest_hint");
  return make("section", {}, make("h3", {}, word(`nearest_${kind}`)), make("p", { class: "quiet" }, hint),
    make("div", { class: `coins ${Settings.chosen.layout}` }, cards));
}

function history(coin) {
  const { epochs, cluster, kept } = PAGE.history;
  if (!epochs.length) return null;
  const steps = epochs.map((epoch, at) => make("div", { class: "epoch", title: word("epoch_hint", {
    epoch, cluster: cluster[at][coin] ?? "–", kept: Math.round(kept[at][coin]) }) },
    make("span", { class: "column" }, make("span", { style: { height: `${kept[at][coin] ?? 0}%` } })),
    make("b", {}, String(epoch)), make("small", {}, String(cluster[at][coin] ?? "–"))));
  return make("section", {}, make("h3", {}, word("history")), make("p", { class: "quiet" }, word("history_hint")),
    make("div", { class: "history" }, steps));
}

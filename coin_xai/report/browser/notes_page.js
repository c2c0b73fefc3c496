"use strict";

// Everything that the reader noted, and how to take it out.

function notesPage() {
  const { coins, clusters } = Notes.kept();
  const rows = Object.keys(clusters).sort((a, b) => a - b).map((id) => make("tr", {}, make("td", {}, link(`${word("cluster")} ${id}`, clusterAddress(id))),
    make("td", {}, clusters[id].name ?? ""), make("td", {}, clusters[id].note ?? "")));
  for (const id of Object.keys(coins).sort()) {
    const marks = Notes.FLAGS.filter((flag) => coins[id][flag]).map((flag) => word(flag)).join(", ");
    rows.push(make("tr", {}, make("td", {}, link(id, `#/coin/${encodeURIComponent(id)}`)), make("td", {}, marks), make("td", {}, coins[id].note ?? "")));
  }
  return make("article", {}, make("div", { class: "heading" }, make("h2", {}, word("notes"))),
    make("p", { class: "lead" }, word("notes_lead", { run: PAGE.run })),
    Store.works() ? null : make("p", { class: "warning" }, word("keeps_nothing")),
    make("p", {}, make("button", { type: "button", class: "strong", id: "export",
      click: () => save(`notes-${PAGE.run}.csv`, Notes.csv(), "text/csv;charset=utf-8") }, word("export")), " ",
    make("button", { type: "button", click: () => { if (confirm(word("clear_question"))) { Notes.clear(); show(); } } }, word("clear"))),
    rows.length ? make("table", {}, make("thead", {}, make("tr", {}, ["about", "said", "observation"].map((key) => make("th", {}, word(key))))), make("tbody", {}, rows))
      : make("p", { class: "quiet" }, word("nothing_noted")));
}

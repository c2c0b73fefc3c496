"use strict";

// What the reader says of coins and clusters: kept in this browser for this run, and taken out as CSV.

const Notes = (() => {
  // Without a prototype, so that a coin may be called anything, even __proto__.
  const bare = (content) => Object.assign(Object.create(null), content);
  const ofRun = () => ({ coins: bare(Object.fromEntries(PAGE.notes.coin)), clusters: bare(Object.fromEntries(PAGE.notes.cluster)) });
  // What this browser kept counts; where it kept nothing, what was read into the run before.
  const stored = Store.read(PAGE.key);
  const kept = stored ? { coins: bare(stored.coins), clusters: bare(stored.clusters) } : ofRun();
  const listeners = [];
  const FLAGS = ["selected", "poor_photograph", "wrong_cluster"];

  function change(kind, ids, values) {
    for (const id of ids) {
      const now = { ...kept[kind][id], ...values };
      for (const [name, value] of Object.entries(now)) if (!value) delete now[name];
      if (Object.keys(now).length) kept[kind][id] = now;
      else delete kept[kind][id];
    }
    Store.write(PAGE.key, kept);
    listeners.forEach((listener) => listener());
  }

  const coin = (id) => kept.coins[id] ?? {};
  const cluster = (id) => kept.clusters[id] ?? {};
  const count = () => Object.keys(kept.coins).length + Object.keys(kept.clusters).length;

  // A spreadsheet would run what looks like a formula; reading the file back takes the apostrophe away.
  const covered = (text) => (/^'*[=+\-@\t\r\n＝＋－＠]/.test(text) && !/^[+-]?[0-9]+(\.[0-9]+)?$/.test(text) ? `'${text}` : text);

  function quoted(value) {
    const text = covered(String(value ?? ""));
    return /[",;\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }

  // One row a coin or cluster; `coin-xai annotate RUN notes.csv` reads it back into the run.
  function csv() {
    const rows = [["run", "explanation", "about", "coin_id", "cluster", ...FLAGS, "name", "note"]];
    for (const id of Object.keys(kept.clusters).sort((a, b) => a - b)) {
      const { name, note } = kept.clusters[id];
      rows.push([PAGE.run, PAGE.explanation, "cluster", "", id, "", "", "", name, note]);
    }
    for (const id of Object.keys(kept.coins).sort()) {
      const note = kept.coins[id];
      const at = Table.coinOf.get(id);
      if (at === undefined) continue; // a note of another explanation of this run
      rows.push([PAGE.run, PAGE.explanation, "coin", id, Table.value("cluster", at), ...FLAGS.map((flag) => (note[flag] ? "yes" : "")), "", note.note]);
    }
    // The first sign tells spreadsheets that the file is UTF-8.
    return `\ufeff${rows.map((row) => row.map(quoted).join(",")).join("\r\n")}\r\n`;
  }

  function clear() {
    Object.assign(kept, ofRun());
    Store.remove(PAGE.key);
    listeners.forEach((listener) => listener());
  }

  return { FLAGS, coin, cluster, count, csv, clear, kept: () => kept, onChange: (listener) => listeners.push(listener),
    setCoins: (ids, values) => change("coins", ids, values), setCoin: (id, values) => change("coins", [id], values),
    setCluster: (id, values) => change("clusters", [id], values) };
})();

function flagButton(id, flag) {
  const active = () => Boolean(Notes.coin(id)[flag]);
  const element = make("button", { type: "button", class: `flag ${flag}`, "aria-pressed": String(active()),
    title: word(flag), click: () => {
      Notes.setCoin(id, { [flag]: !active() });
      element.setAttribute("aria-pressed", String(active()));
    } }, word(`${flag}_short`));
  return element;
}

function noteField(label, value, onInput, attributes = {}) {
  const tag = attributes.rows ? "textarea" : "input";
  const field = make(tag, { ...attributes, "aria-label": label, placeholder: label, input: (event) => onInput(event.target.value) });
  field.value = value ?? "";
  return field;
}

const clusterName = (cluster) => {
  const { name } = Notes.cluster(cluster);
  return name ? `${word("cluster")} ${cluster} · ${name}` : `${word("cluster")} ${cluster}`;
};

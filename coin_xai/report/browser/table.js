"use strict";

// The table of coins: its values, as numbers to sort by and as texts to read, and the search in it.

const Table = (() => {
  const columns = new Map(PAGE.columns.map((column) => [column.name, column]));
  const ids = columns.get("coin_id").texts;
  const idOf = (coin) => ids[columns.get("coin_id").codes[coin]];
  const count = columns.get("coin_id").codes.length;
  const coinOf = new Map(Array.from({ length: count }, (_, coin) => [idOf(coin), coin]));
  let searched = null;

  function value(name, coin) {
    const column = columns.get(name);
    if (column.kind !== "text") return column.numbers[coin];
    const code = column.codes[coin];
    if (code < 0) return null;
    return column.numeric ? Number(column.texts[code]) : column.texts[code];
  }

  function text(name, coin) {
    const column = columns.get(name);
    if (column.kind === "text") return column.codes[coin] < 0 ? "" : column.texts[column.codes[coin]];
    if (column.kind === "flag") return word(column.numbers[coin] ? "yes" : "no");
    return short(column.numbers[coin]);
  }

  function short(number) {
    if (number === null || number === undefined) return "–";
    return Number.isInteger(number) ? String(number) : String(Number(number.toPrecision(3)));
  }

  // Missing values come last, whichever way the others go.
  function sorted(coins, name, descending = false) {
    const compare = new Intl.Collator(document.documentElement.lang, { numeric: true }).compare;
    const sign = descending ? -1 : 1;
    return [...coins].sort((one, other) => {
      const [a, b] = [value(name, one), value(name, other)];
      if (a === null || b === null) return (a === null) - (b === null) || one - other;
      const order = typeof a === "number" && typeof b === "number" ? a - b : compare(a, b);
      return sign * order || one - other;
    });
  }

  // Every word of the query must occur in some column; `column:word` looks in that one alone.
  function find(query) {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return all();
    searched ??= all().map((coin) =>
      [...columns.values()].filter((column) => column.kind === "text" || column.name === "cluster")
        .map((column) => text(column.name, coin)).join("\n").toLowerCase());
    const tests = words.map((one) => {
      const at = one.indexOf(":");
      const name = [...columns.keys()].find((key) => key.toLowerCase() === one.slice(0, at));
      const wanted = one.slice(at + 1);
      if (at > 0 && name) return (coin) => text(name, coin).toLowerCase().includes(wanted);
      return (coin) => searched[coin].includes(one);
    });
    return all().filter((coin) => tests.every((test) => test(coin)));
  }

  // By what is explained of them; those that were not recognised when held out come last (coin_xai.evidence.typical).
  function typicalFirst(coins) {
    const ordered = sorted(coins, "score", true);
    if (!columns.has("recognised")) return ordered;
    return [1, 0].flatMap((known) => ordered.filter((coin) => value("recognised", coin) === known));
  }

  const all = () => Array.from({ length: count }, (_, coin) => coin);
  const named = (group) => PAGE.columns.filter((column) => column.group === group);
  const members = new Map(PAGE.clusters.map((cluster) => [cluster.cluster, []]));
  for (const coin of typicalFirst(all())) members.get(value("cluster", coin)).push(coin);

  return { columns, count, idOf, coinOf, value, text, short, sorted, find, all, named, members };
})();

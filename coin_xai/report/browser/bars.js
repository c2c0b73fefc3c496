"use strict";

// Small bars: shares of values in a cluster against all coins, the quality of its photographs, a profile.

const Bars = (() => {
  const MOST_VALUES = 8;
  const ofAll = {}; // what is the same on every page is counted once

  // The most frequent values of a column among some coins; the mark shows their share among all coins.
  function distribution(name, coins) {
    const column = Table.columns.get(name);
    if (column.kind !== "text" || column.numeric) return range(name, coins);
    const tally = (some) => {
      const counts = new Map();
      for (const coin of some) {
        const text = Table.text(name, coin) || word("nothing");
        counts.set(text, (counts.get(text) ?? 0) + 1);
      }
      return counts;
    };
    const own = tally(coins);
    const all = ofAll[name] ??= tally(Table.all());
    const rows = [...own].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, MOST_VALUES);
    const bars = rows.map(([text, count]) => bar(text, count / coins.length, all.get(text) / Table.count, String(count)));
    const rest = own.size > rows.length ? make("p", { class: "quiet" }, word("more_values", { count: own.size - rows.length })) : null;
    return titled(name, bars, rest);
  }

  function range(name, coins) {
    const numbers = (some) => some.map((coin) => Table.value(name, coin)).filter((one) => one !== null).sort((a, b) => a - b);
    const middle = (some) => (some.length ? some[Math.floor((some.length - 1) / 2)] : null);
    const own = numbers(coins);
    const all = ofAll[name] ??= numbers(Table.all());
    return titled(name, make("p", { class: "range" }, word("range", {
      median: Table.short(middle(own)), least: Table.short(own[0]), most: Table.short(own.at(-1)), all: Table.short(middle(all)) })));
  }

  // A column whose values hardly ever repeat says nothing of a cluster.
  function tellsApart(name, coins) {
    const column = Table.columns.get(name);
    if (column.kind !== "text" || column.numeric) return true;
    const different = new Set(coins.map((coin) => column.codes[coin])).size;
    return different <= MOST_VALUES || different <= 0.6 * coins.length;
  }

  const titled = (name, ...content) => make("div", { class: "distribution" }, make("h4", {}, columnWord(name)), content);

  function bar(text, share, usual, label) {
    const percent = (one) => `${(100 * one).toFixed(1)}%`;
    return make("div", { class: "bar", title: word("bar_hint", { own: percent(share), all: percent(usual) }) },
      make("span", { class: "label", title: text }, text),
      make("span", { class: "track" }, make("span", { class: "fill", style: { width: percent(share) } }),
        make("span", { class: "usual", style: { left: percent(usual) } })),
      make("span", { class: "value" }, label));
  }

  // How far the mean of a cluster lies from that of all coins, in standard deviations.
  function quality(standing) {
    const rows = Object.entries(standing).map(([name, deviation]) => {
      const length = Math.min(1, Math.abs(deviation) / 2) * 50;
      const from = deviation < 0 ? 50 - length : 50;
      return make("div", { class: "bar" }, make("span", { class: "label" }, columnWord(`photo_${name}`)),
        make("span", { class: "track two" }, make("span", { class: `fill ${Math.abs(deviation) >= 1 ? "far" : ""}`,
          style: { left: `${from}%`, width: `${length}%` } })),
        make("span", { class: "value" }, `${deviation > 0 ? "+" : ""}${deviation.toFixed(2)}`));
    });
    return make("div", { class: "distribution" }, rows);
  }

  // Rings from the centre to the rim.
  function profile(values) {
    const most = Math.max(...values, 0);
    return make("div", { class: "profile", role: "img", "aria-label": word("profile_alt", { values: values.map(Table.short).join(", ") }) },
      values.map((value) => make("span", { title: Table.short(value), style: { height: most > 0 ? `${(100 * value) / most}%` : "0" } })));
  }

  return { distribution, tellsApart, quality, profile };
})();

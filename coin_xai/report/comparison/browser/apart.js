"use strict";

// What tells the coins of a band from the others of the cluster that they come from: where in their mean maps the
// network finds more for the cluster. Coins dealt out anew into parts of the same sizes say what chance makes of that.

const Apart = (() => {
  const LEAST = 5, SHUFFLES = 99, SEED = 31;

  // Numbers from 0 to 1, the same each time (Mulberry32 by T. Ettinger).
  function stream(seed) {
    let state = seed;
    return () => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
    };
  }

  // The mean of the maps at some places of a heap less the mean of the others, as shares of the full scale.
  function difference(maps, places, total) {
    const sum = new Float64Array(total.length);
    for (const at of places) maps[at].forEach((step, cell) => { sum[cell] += step; });
    const [own, others] = [places.length, maps.length - places.length];
    return sum.map((one, cell) => (one / own - (total[cell] - one) / others) / 255);
  }

  const largest = (values) => values.reduce((most, one) => Math.max(most, Math.abs(one)), 0);

  // Compares the first maps of a heap with the others: the difference, its largest cell, and the largest by chance.
  function compare(maps, count) {
    const total = new Float64Array(maps[0].length);
    for (const map of maps) map.forEach((step, cell) => { total[cell] += step; });
    const order = maps.map((_, at) => at);
    const found = difference(maps, order.slice(0, count), total);
    const next = stream(SEED);
    let chance = 0;
    for (let turn = 0; turn < SHUFFLES; turn++) {
      for (let at = 0; at < count; at++) {
        const other = at + Math.floor(next() * (order.length - at));
        [order[at], order[other]] = [order[other], order[at]];
      }
      chance = Math.max(chance, largest(difference(maps, order.slice(0, count), total)));
    }
    return { difference: found, largest: largest(found), chance };
  }

  // The coin whose own map shows most of a difference, under the part of it that speaks for its side.
  function example(run, coins, kept, { difference: found, largest: most }, sign) {
    const part = Uint8Array.from(found, (one) => Math.round(255 * Math.max(0, sign * one) / most));
    const shows = (coin) => kept.get(coin).steps.reduce((sum, step, cell) => sum + step * part[cell], 0);
    const best = coins.filter(Study.photographed).reduce((one, other) => (one === null || shows(other) > shows(one) ? other : one), null);
    return best === null ? null : make("figure", {},
      mapOf(best, run, { ...kept.get(best), steps: part, maximum: 1 }, (canvas, map) => Heat.paint(canvas, map, kept.get(best).grid, { factor: 1 })),
      make("figcaption", {}, word(sign > 0 ? "apart_these" : "apart_others", { count: coins.length })));
  }

  function tell(place, run, sides, kept) {
    const [these, others] = sides.map((coins) => coins.filter((coin) => kept.has(coin)));
    if (Math.min(these.length, others.length) < LEAST) {
      place.replaceChildren(make("p", { class: "quiet" }, word("apart_few", { least: LEAST })));
      return;
    }
    const found = compare([...these, ...others].map((coin) => kept.get(coin).steps), these.length);
    const beyond = found.largest > found.chance;
    const figures = { value: found.largest.toFixed(2), chance: found.chance.toFixed(2), shuffles: SHUFFLES };
    place.replaceChildren(make("h3", {}, word("apart_heading")),
      make("p", {}, word(beyond ? "apart_told" : "apart_not", figures)),
      ...(beyond ? [make("div", { class: "sides" }, example(run, these, kept, found, 1), example(run, others, kept, found, -1))] : []));
  }

  // Fills a place once the maps of the cluster are there.
  function fill(place, { run, before, coins }) {
    const own = new Set(coins);
    const members = Study.members(run, before);
    const sides = [coins, members.filter((coin) => !own.has(coin))];
    const kept = new Map();
    let missing = members.length, unlike = false;
    for (const coin of members) {
      Maps.of(coin, (runs) => {
        const maps = runs[run];
        if (maps && !maps.alike) unlike = true;
        else if (maps && !Number.isNaN(maps.maximum)) kept.set(coin, maps);
        missing -= 1;
        if (missing) return;
        if (unlike) place.replaceChildren(make("p", { class: "quiet" }, word("apart_unlike")));
        else if (kept.size) tell(place, run, sides, kept);
        else place.replaceChildren(make("p", { class: "quiet" }, word("no_map")));
      });
    }
  }

  return { fill, compare };
})();

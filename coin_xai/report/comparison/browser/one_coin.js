"use strict";

// One coin in all runs: its photograph, its map in each, its cluster in each with typical coins.

const TYPICAL_BESIDE = 5;

function coinPage(name) {
  const coin = Study.positionOf.get(name);
  if (coin === undefined) return make("p", { class: "warning" }, word("no_such_coin", { coin: name }));
  const core = STUDY.core[coin];
  const code = STUDY.label ? STUDY.label.codes[coin] : -1;
  const facts = [core >= 0 ? word("coin_core", { number: core + 1 }) : word("coin_alone"),
    word("coin_company", { value: STUDY.company[coin].toFixed(2) }),
    code >= 0 ? `${STUDY.label.name}: ${STUDY.label.texts[code]}.` : null].filter(Boolean);
  const places = STUDY.runs.map(() => make("div", { class: "mapplace" }, make("span", { class: "absent" })));
  Maps.of(coin, (maps) => maps.forEach((own, run) => places[run].replaceChildren(mapOf(coin, run, own))));
  const rows = STUDY.runs.map((run, at) => {
    const number = Study.clusterOf(at, coin);
    const cluster = run.clusters[number];
    const typical = cluster.typical.filter((one) => one !== coin).slice(0, TYPICAL_BESIDE);
    return make("div", { class: "inrun", "data-run": run.name }, places[at], make("div", {},
      make("h3", {}, run.name),
      make("p", {}, chip(at, number), `${word("cluster")} ${Study.nameOf(at, number)} · ${word("cluster_size", { count: cluster.size })}`),
      make("p", { class: "quiet" }, word("typical_of")),
      make("div", { class: "thumbnails" }, typical.map((one) => Study.thumbnail(one)))));
  });
  return make("article", {}, make("div", { class: "heading" }, make("h2", {}, name), make("p", {}, facts.join(" "))),
    make("div", { class: "sheet coinsheet" }, make("div", { class: "portrait" }, Study.picture(coin)),
      make("div", {}, make("h2", { class: "lesser" }, word("coin_in_all_runs")), make("p", { class: "quiet" }, word("coin_hint")), rows)));
}

const chip = (run, cluster) => make("i", { class: "chip", style: { background: Study.colour(run, cluster) } });

// The map over the photograph in grey, where the network saw the coin.
function mapOf(coin, run, maps, draw = (canvas, map) => Heat.drawOne(canvas, map, maps.grid, maps.maximum, 1)) {
  if (!maps || Number.isNaN(maps.maximum) || !Study.photographed(coin)) return make("span", { class: "absent quiet" }, word("no_map"));
  const [left, top, width, height, turn] = maps.square;
  const place = { left: `${left}%`, top: `${top}%`, width: `${width}%`, height: `${height}%` };
  const canvas = make("canvas", { class: "over", "aria-hidden": "true", style: turn ? { ...place, transform: `rotate(${turn}deg)` } : place });
  const fit = maps.aspect >= 1 ? { width: "100%" } : { height: "100%" };
  draw(canvas, maps.steps);
  return make("span", { class: "tile" }, make("span", { class: "frame heat", style: { aspectRatio: String(maps.aspect), ...fit } },
    Study.picture(coin, { alt: word("alt", { method: maps.method, coin: `${STUDY.coins[coin]}, ${STUDY.runs[run].name}` }) }), canvas));
}

// Coins whose names hold what was searched for.
function foundPage(query) {
  const wanted = query.toLowerCase();
  const found = Study.all.filter((coin) => STUDY.coins[coin].toLowerCase().includes(wanted));
  return make("article", {}, make("div", { class: "heading" }, make("h2", {}, word("coins")),
    make("p", { role: "status" }, word("found", { count: found.length, all: Study.count }))),
    make("p", { class: "quiet" }, word("search_compared")), Study.thumbnails(found, { page: 60, below: (coin) => STUDY.coins[coin] }));
}

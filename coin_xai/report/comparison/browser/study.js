"use strict";

// The runs and their clusters of the compared coins, and how a coin is shown.

// What heat.js draws by; on this page every map has its own scale.
const Settings = { chosen: { colours: "usual", scale: "own" } };

const Study = (() => {
  const count = STUDY.coins.length;
  const codes = new Uint16Array(Uint8Array.from(atob(STUDY.codes), (sign) => sign.charCodeAt(0)).buffer);
  const positionOf = new Map(STUDY.coins.map((name, at) => [name, at]));
  const all = Array.from({ length: count }, (_, coin) => coin);

  const clusterOf = (run, coin) => codes[run * count + coin];
  const members = (run, cluster) => all.filter((coin) => clusterOf(run, coin) === cluster);
  const percent = (share) => (share > 0 && share < 0.005 ? "< 1\u00a0%" : `${Math.round(100 * share)}\u00a0%`);

  function nameOf(run, cluster) {
    const { id, name, carried } = STUDY.runs[run].clusters[cluster];
    if (name) return `${id} ${name}`;
    return carried ? `${id} ${word("same_as_before", { name: carried })}` : String(id);
  }

  // Families go round the colours; beyond the first twelve, a golden angle keeps neighbours apart.
  const COLOURS = ["#b98d52", "#5f8f86", "#b4685f", "#6f7fa8", "#9a9a4e", "#8c6a93", "#4f6f8f", "#6f8f4f", "#c58a93",
    "#7fa3c0", "#7a5236", "#8a8a90"];
  const colourOf = (family) => COLOURS[family] ?? `hsl(${Math.round(family * 137.508) % 360} 32% 52%)`;
  const colour = (run, cluster) => colourOf(STUDY.runs[run].clusters[cluster].family);

  const addressOf = (coin) => `#/coin/${encodeURIComponent(STUDY.coins[coin])}`;
  const fileOf = (coin) => `photographs/${encodeURIComponent(STUDY.files[coin])}.jpg`;
  const photographed = (coin) => STUDY.photographed[coin] === "1";

  function picture(coin, attributes = {}) {
    const name = STUDY.coins[coin];
    return photographed(coin)
      ? make("img", { src: fileOf(coin), alt: name, loading: "lazy", decoding: "async", ...attributes })
      : make("span", { class: "absent", role: "img", "aria-label": `${name}, ${word("no_photograph")}` });
  }

  const thumbnail = (coin, below = null) =>
    make("a", { class: "thumbnail", href: addressOf(coin), title: STUDY.coins[coin], "data-coin": STUDY.coins[coin] },
      picture(coin), below ? make("small", {}, below) : null);

  // Many pictures at once make a page slow, so more of them come on demand.
  function thumbnails(coins, { page = 24, below = () => null } = {}) {
    const grid = make("div", { class: "thumbnails" });
    const more = make("button", { type: "button", class: "more", click: () => add() });
    let shown = 0;
    function add() {
      grid.append(...coins.slice(shown, shown + page).map((coin) => thumbnail(coin, below(coin))));
      shown = Math.min(coins.length, shown + page);
      more.hidden = shown >= coins.length;
      more.textContent = word("more", { count: coins.length - shown });
    }
    add();
    return make("div", {}, grid, more);
  }

  // The most frequent label of some coins, and its share of those that have one.
  function commonest(coins) {
    if (!STUDY.label) return null;
    const counts = new Map();
    for (const coin of coins) {
      const code = STUDY.label.codes[coin];
      if (code >= 0) counts.set(code, (counts.get(code) ?? 0) + 1);
    }
    const known = [...counts.values()].reduce((sum, one) => sum + one, 0);
    const [code, most] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0] ?? [];
    return known ? word("core_label", { label: STUDY.label.name, value: STUDY.label.texts[code], share: percent(most / known) }) : null;
  }

  return { count, all, clusterOf, members, nameOf, colour, percent, positionOf, addressOf, photographed, picture,
    thumbnail, thumbnails, commonest };
})();

// Maps are loaded when a coin is shown, those of some hundred coins at once.
const Maps = (() => {
  const blocks = new Map();
  const waiting = new Map();

  function keep(block) {
    blocks.set(block.number, block.runs);
    for (const tell of waiting.get(block.number) ?? []) tell(block.runs);
    waiting.delete(block.number);
  }

  const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const floats = (text) => new Float32Array(bytes(text).buffer);

  function one({ method, grid, alike, steps, maximum, squares, aspect }, at) {
    const cells = grid[0] * grid[1];
    return { method, grid, alike, steps: bytes(steps).subarray(cells * at, cells * (at + 1)), maximum: floats(maximum)[at],
      square: floats(squares).subarray(5 * at, 5 * (at + 1)), aspect: floats(aspect)[at] };
  }

  // Calls back with the map of a coin in each run, or nothing where the run has none.
  function of(coin, tell) {
    const number = Math.floor(coin / STUDY.block);
    const found = (runs) => tell(runs.map((maps) => maps && one(maps, coin % STUDY.block)));
    if (blocks.has(number)) return found(blocks.get(number));
    if (!waiting.has(number)) {
      waiting.set(number, []);
      document.head.append(make("script", { src: `app/maps.${number}.js`, error: () => keep({ number, runs: STUDY.runs.map(() => null) }) }));
    }
    return waiting.get(number).push(found);
  }

  return { keep, of };
})();
const keepMaps = Maps.keep;

"use strict";

// The map of the coins: near coins look alike to the network. Drag to move, roll to zoom, point to see a coin.

function coinMap(place) {
  const canvas = make("canvas", { class: "map", tabindex: "0", role: "img", "aria-label": word("map_alt", { count: Table.count }) });
  const tip = make("div", { class: "tip", hidden: true });
  const legend = make("div", { class: "legend" });
  const pen = mapPen(() => draw());
  const state = { plane: "tsne", column: "cluster", pictures: false, zoom: 1, x: 0, y: 0, at: -1, only: null };
  // Eight hues that the colour-blind can tell apart, mostly those of Okabe and Ito (2008), in three tones.
  // Beyond that colours repeat: nobody tells more apart, and a click on a name shows it alone.
  const HUES = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#6b4c9a", "#8c8112",
    "#7fb8d8", "#eab38a", "#7fcfb9", "#8a4a6c", "#8a5f00", "#2c6b8f", "#b5a5d6", "#c9c268",
    "#003a5c", "#7a3600", "#00503a", "#e7bcd3", "#f3d08a", "#a9d9f4", "#35264f", "#474109"];
  const OTHER = "#a9a397";
  let places = [];
  let extent = [1, 1];
  let tint = [];
  let size = 4;
  let [wide, high] = [0, 0]; // of the canvas, in its own pixels on the page

  function arrange() {
    const axis = (name) => PAGE.planes[state.plane][name];
    const [xs, ys] = [axis("x"), axis("y")];
    const span = (values) => [Math.min(...values), Math.max(...values)];
    const [[left, right], [top, bottom]] = [span(xs), span(ys)];
    places = xs.map((x, coin) => [x - (left + right) / 2, ys[coin] - (top + bottom) / 2]);
    extent = [Math.max(right - left, 1e-9), Math.max(bottom - top, 1e-9)];
  }

  function colour() {
    const column = Table.columns.get(state.column);
    const texts = Table.all().map((coin) => Table.text(state.column, coin) || word("nothing"));
    legend.replaceChildren();
    if ((column.kind === "number" && column.name !== "cluster") || (column.kind === "text" && column.numeric && column.texts.length > 30)) return scale();
    const counts = new Map();
    texts.forEach((text) => counts.set(text, (counts.get(text) ?? 0) + 1));
    const order = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    const colours = new Map(order.map(([text], at) => [text, HUES[at % HUES.length]]));
    tint = texts.map((text) => (state.only === null ? colours.get(text) : text === state.only ? "#8a3324" : "#dcd7cb"));
    legend.append(...order.slice(0, 200).map(([text, count]) => make("button", { type: "button", "aria-pressed": String(state.only === text),
      click: () => { state.only = state.only === text ? null : text; colour(); draw(); } },
      make("i", { style: { background: colours.get(text) } }), `${state.column === "cluster" ? clusterName(text) : text} (${count})`)));
    return undefined;
  }

  function scale() {
    const numbers = Table.all().map((coin) => Table.value(state.column, coin));
    const known = numbers.filter((one) => one !== null);
    const [least, most] = [Math.min(...known), Math.max(...known)];
    const table = Heat.bytes(PAGE.colours.blind);
    tint = numbers.map((number) => {
      if (number === null) return OTHER;
      const at = 3 * Math.round((255 * (number - least)) / (most - least || 1));
      return `rgb(${table[at]},${table[at + 1]},${table[at + 2]})`;
    });
    legend.append(make("p", { class: "quiet" }, `${Table.short(least)} `, make("span", { class: "ramp" }), ` ${Table.short(most)}`));
  }

  const unit = () => 0.93 * Math.min(wide / extent[0], high / extent[1]) * state.zoom;
  const screen = ([x, y]) => [wide / 2 + x * unit() + state.x, high / 2 + y * unit() + state.y];

  // The coins are painted anew only when something of them changed, not when another one is pointed at.
  function draw() {
    const ratio = devicePixelRatio || 1;
    [wide, high] = [canvas.clientWidth, canvas.clientHeight];
    [canvas.width, canvas.height] = [wide * ratio, high * ratio];
    pen.begin(wide, high, ratio);
    size = state.pictures ? Math.min(PAGE.atlas.tile, Math.max(14, 9 + 9 * state.zoom)) : Math.min(9, 3.2 + state.zoom);
    places.forEach((place, coin) => {
      const [x, y] = screen(place);
      if (x < -size || y < -size || x > wide + size || y > high + size) return;
      if (state.pictures) pen.stamp(coin, x, y, size, tint[coin]);
      else pen.dot(x, y, size / 2 + 0.8, tint[coin]);
    });
    mark();
  }

  function mark() {
    pen.show(canvas);
    if (state.at >= 0) pen.ring(canvas, ...screen(places[state.at]), Math.max(7, size / 2 + 3));
  }

  function point(coin) {
    state.at = coin;
    tip.hidden = coin < 0;
    if (coin >= 0) {
      const [x, y] = screen(places[coin]);
      const value = Table.text(state.column, coin);
      tip.replaceChildren(Frame.small(coin) ?? "", make("b", {}, Table.idOf(coin)),
        make("span", {}, clusterName(Table.value("cluster", coin))),
        state.column === "cluster" ? "" : make("span", {}, `${columnWord(state.column)}: ${value || "–"}`));
      tip.style.left = `${Math.min(Math.max(0, x + 14), wide - 170)}px`;
      tip.style.top = `${y > high / 2 ? Math.max(0, y - 210) : y + 14}px`;
    }
    mark();
  }

  function nearestTo(x, y) {
    let [best, least] = [-1, 18 ** 2];
    places.forEach((place, coin) => {
      const [px, py] = screen(place);
      const distance = (px - x) ** 2 + (py - y) ** 2;
      if (distance < least) [best, least] = [coin, distance];
    });
    return best;
  }

  // The next coin in the direction of an arrow key.
  function next(dx, dy) {
    if (state.at < 0) return nearestOf(() => true, [0, 0]);
    const [x, y] = places[state.at];
    return nearestOf((px, py) => (px - x) * dx + (py - y) * dy > Math.abs((px - x) * dy - (py - y) * dx), [x, y]);
  }

  function nearestOf(fits, [x, y]) {
    let [best, least] = [state.at, Infinity];
    places.forEach(([px, py], coin) => {
      const distance = (px - x) ** 2 + (py - y) ** 2;
      if (distance > 0 && distance < least && fits(px, py)) [best, least] = [coin, distance];
    });
    return best;
  }

  let drag = null;
  canvas.addEventListener("pointerdown", (event) => { drag = [event.offsetX - state.x, event.offsetY - state.y, false]; });
  canvas.addEventListener("pointermove", (event) => {
    if (drag && event.buttons) {
      drag[2] = true;
      [state.x, state.y] = [event.offsetX - drag[0], event.offsetY - drag[1]];
      return draw();
    }
    const coin = nearestTo(event.offsetX, event.offsetY);
    if (coin !== state.at) point(coin);
    return undefined;
  });
  canvas.addEventListener("pointerup", (event) => {
    const coin = nearestTo(event.offsetX, event.offsetY);
    if (drag && !drag[2] && coin >= 0) location.hash = coinAddress(coin);
    drag = null;
  });
  canvas.addEventListener("pointerleave", () => point(-1));
  canvas.addEventListener("wheel", (event) => {
    if (!(event.ctrlKey || document.activeElement === canvas)) return; // the page scrolls past a map nobody asked for
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY);
  }, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key in ways) { event.preventDefault(); point(next(...ways[event.key])); }
    else if (event.key === "Enter" && state.at >= 0) location.hash = coinAddress(state.at);
    else if (event.key === "+") zoom(1.3);
    else if (event.key === "-") zoom(1 / 1.3);
  });

  function zoom(factor, x = wide / 2, y = high / 2) {
    const before = state.zoom;
    state.zoom = Math.min(40, Math.max(1, before * factor));
    const grown = state.zoom / before;
    const [cx, cy] = [wide / 2, high / 2];
    state.x = x - cx - (x - cx - state.x) * grown;
    state.y = y - cy - (y - cy - state.y) * grown;
    if (state.zoom === 1) [state.x, state.y] = [0, 0];
    draw();
  }

  const columns = [["result", "judgement"], ["table", "table_here"], ["quality", "photograph_quality"]]
    .map(([group, heading]) => [word(heading), Table.named(group).map(({ name }) => [name, columnWord(name)])])
    .filter(([, choices]) => choices.length);
  const pictures = make("button", { type: "button", "aria-pressed": "false", click: () => {
    state.pictures = !state.pictures;
    pictures.setAttribute("aria-pressed", String(state.pictures));
    draw();
  } }, word("as_pictures"));
  const bar = make("div", { class: "toolbar" },
    make("label", {}, `${word("plane")} `, select(["tsne", "pca"].map((name) => [name, word(`plane_${name}`)]), state.plane, (name) => {
      Object.assign(state, { plane: name, zoom: 1, x: 0, y: 0, at: -1 });
      arrange(); draw();
    })),
    make("label", {}, `${word("colour_by")} `, select(columns, state.column, (name) => {
      Object.assign(state, { column: name, only: null });
      colour(); draw();
    })), PAGE.atlas ? pictures : null,
    make("span", { class: "group" }, make("button", { type: "button", "aria-label": word("zoom_in"), click: () => zoom(1.5) }, "+"),
      make("button", { type: "button", "aria-label": word("zoom_out"), click: () => zoom(1 / 1.5) }, "−")));
  place.append(bar, make("div", { class: "mapframe" }, make("div", { class: "mapplace" }, canvas, tip), legend),
    make("p", { class: "quiet" }, word("map_hint")));
  arrange();
  colour();
  new ResizeObserver(draw).observe(canvas);
}

"use strict";

// A coin among others: its pictures, its name, its numbers, and what can be said of it at once.

function coinAddress(coin) {
  return `#/coin/${encodeURIComponent(Table.idOf(coin))}`;
}

function card(coin, extra = null) {
  const id = Table.idOf(coin);
  const shown = Settings.chosen.layout === "side"
    ? [...new Set(["photograph", HEAT_FIRST.name, Settings.chosen.method])] : [Settings.chosen.method];
  const captions = Object.fromEntries(PAGE.methods.map((method) => [method.name, method.caption]));
  const pictures = shown.map((name) => make("a", { href: coinAddress(coin), class: "picture", tabindex: name === shown[0] ? null : "-1" },
    Frame.picture(coin, name), Settings.chosen.layout === "side" ? make("small", {}, captions[name]) : null));
  const doubts = [];
  // The columns of a head are here where another program has trained it.
  if (Table.columns.has("head_agrees") && !Table.value("head_agrees", coin)) doubts.push(word("head_disagrees"));
  if (Table.value("no_positive_evidence", coin)) doubts.push(word("no_evidence"));
  return make("figure", { class: `coin${doubts.length ? " doubtful" : ""}`, "data-coin": id },
    make("div", { class: "pictures", style: { gridTemplateColumns: `repeat(${shown.length}, 1fr)` } }, pictures),
    make("figcaption", {},
      make("b", {}, link(id, coinAddress(coin))), inventory(coin, id),
      make("span", { class: "numbers" }, extra, numbers(coin), Table.columns.has("stability") ? [" · ", stabilityOf(Table.value("stability", coin))] : null),
      heldOut(coin), doubts.map((doubt) => make("em", {}, doubt)),
      make("span", { class: "flags" }, Notes.FLAGS.map((flag) => flagButton(id, flag)))));
}

function heldOut(coin) {
  if (!Table.columns.has("recognised")) return null;
  if (Table.value("recognised", coin)) return make("span", {}, word("coin_recognised"));
  return make("span", { class: "mistaken" }, word("coin_taken_for", { cluster: clusterName(Table.value("recognised_as", coin)) }));
}

// A coin is often named after its inventory number already.
function inventory(coin, id) {
  const parts = ["collection", "inventory"].filter((name) => Table.columns.has(name)).map((name) => Table.text(name, coin));
  const number = parts.filter(Boolean).join(" ");
  return number && !parts.every((part) => id.includes(part)) ? make("span", {}, number) : null;
}

function numbers(coin) {
  const heat = PAGE.methods.find((method) => method.name === Settings.chosen.method && method.kind === "heat") ?? HEAT_FIRST;
  return word("numbers", {
    margin: Table.text("margin", coin),
    rival: Table.text("runner_up_cluster", coin),
    method: heat.caption,
    maximum: Table.short(HEAT[heat.name].maximum[coin]),
  });
}

// Many cards at once make a page slow, so more of them come on demand.
function gallery(coins, { page = 48 } = {}) {
  const grid = make("div", { class: `coins ${Settings.chosen.layout}` });
  const more = make("button", { type: "button", class: "more", click: () => add() });
  let shown = 0;
  function add() {
    grid.append(...coins.slice(shown, shown + page).map((coin) => card(coin)));
    shown = Math.min(coins.length, shown + page);
    more.hidden = shown >= coins.length;
    more.textContent = word("more", { count: coins.length - shown });
  }
  add();
  return make("div", {}, grid, more);
}

// Sorts coins by a column, or leaves them in the order in which they come, which has a name: `given`.
function sorter(coins, chosen, show, given = null) {
  const names = ["score", "margin", "distance", "stability", PAGE.maximum, ...Table.named("quality").map((one) => one.name),
    ...Table.named("table").map((one) => one.name), "coin_id"].filter((name) => Table.columns.has(name));
  const state = { name: chosen, descending: false };
  const ordered = () => (state.name ? Table.sorted(coins, state.name, state.descending) : state.descending ? [...coins].reverse() : coins);
  const apply = () => show(ordered());
  const choices = [...(given ? [["", given]] : []), ...names.map((name) => [name, columnWord(name)])];
  const order = make("button", { type: "button", title: word("order_hint"), click: () => {
    state.descending = !state.descending;
    order.textContent = state.descending ? "↓" : "↑";
    apply();
  } }, "↑");
  return make("span", { class: "sorter" }, make("label", {}, `${word("sort_by")} `,
    select(choices, chosen, (name) => { state.name = name; apply(); })), order);
}

const columnWord = (name) => (`column_${name}` in WORDS ? WORDS[`column_${name}`] : name);

"use strict";

// All coins: searched, filtered by a column, sorted.

const Filter = { query: "", column: "", value: "", marked: "" };

function coinsPage() {
  const result = make("div", {});
  const count = make("p", { class: "quiet", role: "status" });
  const values = make("span", {});
  const sorting = make("span", {});
  const filters = ["result", "table", "quality"].flatMap(Table.named)
    .filter((column) => column.kind !== "number" && (column.kind === "flag" || column.texts.length <= 400) || column.name === "cluster");

  const found = () => Table.find(Filter.query).filter((coin) =>
    (!Filter.column || !Filter.value || Table.text(Filter.column, coin) === Filter.value)
    && (!Filter.marked || Notes.coin(Table.idOf(coin))[Filter.marked]));

  function apply() {
    const coins = found();
    count.textContent = word("found", { count: coins.length, all: Table.count });
    const show = (some) => result.replaceChildren(gallery(some));
    sorting.replaceChildren(sorter(coins, "coin_id", show));
    show(Table.sorted(coins, "coin_id"));
  }

  function offer() {
    if (!Filter.column) return values.replaceChildren();
    const texts = [...new Set(Table.all().map((coin) => Table.text(Filter.column, coin)))].filter(Boolean);
    texts.sort(new Intl.Collator(document.documentElement.lang, { numeric: true }).compare);
    return values.replaceChildren(select([["", word("any_value")], ...texts.map((text) => [text, text])], Filter.value,
      (text) => { Filter.value = text; apply(); }, { "aria-label": word("value") }));
  }

  const selection = make("button", { type: "button", click: () => {
    Notes.setCoins(found().map(Table.idOf), { selected: true });
    apply();
  } }, word("select_found"));
  const bar = make("div", { class: "toolbar" },
    make("label", {}, `${word("filter_by")} `, select([["", word("any_column")], ...filters.map((column) => [column.name, columnWord(column.name)])],
      Filter.column, (name) => { Filter.column = name; Filter.value = ""; offer(); apply(); })), values,
    make("label", {}, `${word("marked")} `, select([["", word("any_mark")], ...Notes.FLAGS.map((flag) => [flag, word(flag)])], Filter.marked,
      (flag) => { Filter.marked = flag; apply(); })), sorting, selection);
  offer();
  apply();
  return make("article", {}, make("div", { class: "heading" }, make("h2", {}, word("coins")), count),
    make("p", { class: "quiet" }, word("search_hint")), bar, Settings.toolbar(), result);
}

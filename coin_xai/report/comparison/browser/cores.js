"use strict";

// Coins that are together in all runs, the largest cores first, and coins that never keep their company.

const Cores = (() => {
  const AT_ONCE = 18, WANDERERS = 24;
  const members = STUDY.cores.expected.map(() => []);
  for (const coin of Study.all) if (STUDY.core[coin] >= 0) members[STUDY.core[coin]].push(coin);

  function card(number) {
    const coins = members[number];
    const clusters = STUDY.runs.map((run, at) => `${run.name}: ${Study.nameOf(at, Study.clusterOf(at, coins[0]))}`);
    return make("div", { class: "core", "data-core": number },
      make("h3", {}, word("core", { number: number + 1 })),
      make("p", {}, word("core_told", { coins: coins.length, expected: STUDY.cores.expected[number] < 0.1 ? "< 0.1" : STUDY.cores.expected[number].toFixed(1) }),
        STUDY.cores.beyond_chance[number] ? null : make("em", {}, ` · ${word("core_by_chance")}`)),
      Study.commonest(coins) ? make("p", { class: "quiet" }, Study.commonest(coins)) : null,
      Study.thumbnails(coins, { page: 12 }),
      make("p", { class: "quiet" }, word("core_clusters", { clusters: clusters.join(", ") })));
  }

  function fill(place) {
    if (!members.length) return place.replaceChildren(make("p", {}, word("no_cores")));
    const grid = make("div", { class: "coregrid" });
    const more = make("button", { type: "button", class: "more", click: () => add() });
    let shown = 0;
    function add() {
      const numbers = members.slice(shown, shown + AT_ONCE).map((_, at) => shown + at);
      grid.append(...numbers.map(card));
      shown += numbers.length;
      more.hidden = shown >= members.length;
      more.textContent = word("more", { count: members.length - shown });
    }
    add();
    return place.replaceChildren(grid, more);
  }

  function fillWanderers(place) {
    const least = [...Study.all].sort((one, other) => STUDY.company[one] - STUDY.company[other] || one - other);
    place.replaceChildren(Study.thumbnails(least.slice(0, 4 * WANDERERS), { page: WANDERERS,
      below: (coin) => word("company", { value: STUDY.company[coin].toFixed(2) }) }));
  }

  return { fill, fillWanderers };
})();

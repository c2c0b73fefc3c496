"use strict";

// Bands of coins between the clusters of runs that follow each other (an alluvial picture, Rosvall & Bergstrom 2010).

const Flows = (() => {
  const NARROW = 150, WIDE = 430, BLOCK = 14, AFTER = 76, LOWEST = 560, TALLEST = 1600, ROW = 16, GAP = 5, TOP = 26, LEAST_LABEL = 11, MOST_BANDS = 900, PADDING = 60, LETTER = 7.5;
  const SPACE = "http://www.w3.org/2000/svg";

  function draw(tag, attributes, ...children) {
    const element = document.createElementNS(SPACE, tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") element.addEventListener(name, value);
      else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }

  // As much of a name as there is room for: its end, which tells the runs of one experiment apart.
  function fitting(name, room) {
    const most = Math.floor(room / LETTER);
    return name.length > most ? `…${name.slice(1 - most)}` : name;
  }

  // Coins by pairs of clusters of two runs.
  function bandsBetween(run, other) {
    const width = STUDY.runs[other].clusters.length;
    const bands = new Map();
    for (const coin of Study.all) {
      const [before, after] = [Study.clusterOf(run, coin), Study.clusterOf(other, coin)];
      const key = before * width + after;
      if (!bands.has(key)) bands.set(key, { run, other, before, after, coins: [] });
      bands.get(key).coins.push(coin);
    }
    return [...bands.values()];
  }

  // As tall as gives most clusters a line for their number.
  const heightOf = (runs) => Math.min(TALLEST, Math.max(LOWEST, ROW * Math.max(...runs.map((run) => STUDY.runs[run].clusters.length))));

  // Blocks from top to bottom: the first run by size, each other where most of its coins come from.
  function columns(runs, between, apart, tall) {
    const placed = [];
    runs.forEach((run, at) => {
      const clusters = STUDY.runs[run].clusters.map((cluster, number) => ({ run, number, size: cluster.size, from: 0 }));
      if (at === 0) clusters.sort((a, b) => b.size - a.size || a.number - b.number);
      else {
        for (const band of between[at - 1]) {
          const before = placed[at - 1].find((block) => block.number === band.before);
          clusters[band.after].from += (before.y + before.height / 2) * (band.coins.length / clusters[band.after].size);
        }
        clusters.sort((a, b) => a.from - b.from || a.number - b.number);
      }
      const gap = Math.min(GAP, (0.25 * tall) / clusters.length);
      const scale = (tall - gap * (clusters.length - 1)) / Study.count;
      let y = TOP;
      for (const block of clusters) {
        Object.assign(block, { x: at * apart, y, height: block.size * scale, scale });
        y += block.height + gap;
      }
      placed.push(clusters);
    });
    return placed;
  }

  // The place of each band at both its ends, in the order of the blocks at the other end.
  function place(bands, left, right) {
    const byNumber = (blocks) => new Map(blocks.map((block) => [block.number, block]));
    const [from, to] = [byNumber(left), byNumber(right)];
    const ends = (own, key, other, y) => {
      const used = new Map();
      const order = [...bands].sort((a, b) => other(a).y - other(b).y);
      for (const band of order) {
        const block = own(band);
        const start = used.get(block) ?? block.y;
        band[y] = start;
        band[key] = band.coins.length * block.scale;
        used.set(block, start + band[key]);
      }
    };
    ends((band) => from.get(band.before), "thick", (band) => to.get(band.after), "y");
    ends((band) => to.get(band.after), "otherThick", (band) => from.get(band.before), "otherY");
    for (const band of bands) Object.assign(band, { x: left[0].x + BLOCK, otherX: right[0].x,
      shareBefore: band.coins.length / from.get(band.before).size, shareAfter: band.coins.length / to.get(band.after).size });
  }

  const outline = ({ x, y, thick, otherX, otherY, otherThick }) => {
    const middle = (x + otherX) / 2;
    return `M${x},${y}C${middle},${y} ${middle},${otherY} ${otherX},${otherY}v${otherThick}`
      + `C${middle},${otherY + otherThick} ${middle},${y + thick} ${x},${y + thick}z`;
  };

  const tellBand = (band) => word("flow_told", { coins: band.coins.length, all: Study.count, run: STUDY.runs[band.run].name,
    other: STUDY.runs[band.other].name, before: Study.nameOf(band.run, band.before), after: Study.nameOf(band.other, band.after),
    share_before: Study.percent(band.shareBefore), share_after: Study.percent(band.shareAfter) });
  const tellBlock = (block) => word("block_told", { cluster: Study.nameOf(block.run, block.number),
    run: STUDY.runs[block.run].name, coins: block.size, all: Study.count });

  function picture(runs, panel) {
    const between = runs.slice(1).map((other, at) => bandsBetween(runs[at], other));
    // As wide as there is room for, but never so narrow that words lie over each other: then it is scrolled.
    const room = document.getElementById("main").clientWidth - PADDING - BLOCK - AFTER;
    const tall = heightOf(runs);
    const apart = Math.min(WIDE, Math.max(NARROW, Math.floor(room / (runs.length - 1))));
    const blocks = columns(runs, between, apart, tall);
    between.forEach((bands, at) => place(bands, blocks[at], blocks[at + 1]));
    const sorted = between.flat().sort((a, b) => b.coins.length - a.coins.length);
    const drawn = new Set(sorted.slice(0, MOST_BANDS));
    const width = (runs.length - 1) * apart + BLOCK + AFTER;
    const svg = draw("svg", { viewBox: `0 0 ${width} ${tall + TOP + 4}`, width, height: tall + TOP + 4, role: "group",
      "aria-label": word("flows_alt", { runs: runs.map((run) => STUDY.runs[run].name).join(", ") }) });

    // One stop for the keyboard; arrow keys go on from there: up and down in a column, left and right across.
    const stops = [];
    function stop(element, row, { y }, told, coins, band = null) {
      const own = { element, row, y };
      stops.push(own);
      element.setAttribute("tabindex", stops.length === 1 ? "0" : "-1");
      element.setAttribute("role", "button");
      element.setAttribute("aria-label", told);
      const tell = () => panel.show(told, coins());
      element.addEventListener("pointerenter", () => { if (!panel.kept()) tell(); });
      element.addEventListener("focus", () => { panel.letGo(); tell(); });
      element.addEventListener("click", () => panel.keep(element, told, coins(), band));
      element.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); panel.keep(element, told, coins(), band); return; }
        const next = step(own, event.key);
        if (!next) return;
        event.preventDefault();
        element.setAttribute("tabindex", "-1");
        next.element.setAttribute("tabindex", "0");
        next.element.focus();
      });
      return element;
    }
    function step(own, key) {
      const rows = [...new Set(stops.map((one) => one.row))].sort((a, b) => a - b);
      const inRow = (row) => stops.filter((one) => one.row === row).sort((a, b) => a.y - b.y);
      const same = inRow(own.row), at = same.indexOf(own);
      if (key === "ArrowDown" || key === "ArrowUp") return same[at + (key === "ArrowDown" ? 1 : -1)];
      if (key !== "ArrowLeft" && key !== "ArrowRight") return null;
      const other = rows[rows.indexOf(own.row) + (key === "ArrowRight" ? 1 : -1)];
      return other === undefined ? null : inRow(other)[Math.min(at, inRow(other).length - 1)];
    }

    blocks.forEach((column, at) => {
      const run = runs[at];
      const { name } = STUDY.runs[run], fits = fitting(name, at === between.length ? BLOCK + AFTER : apart - GAP);
      svg.append(draw("text", { x: column[0].x, y: 14, class: "runname" }, fits, ...(fits === name ? [] : [draw("title", {}, name)])));
      for (const block of column) {
        const told = tellBlock(block);
        svg.append(stop(draw("rect", { x: block.x, y: block.y, width: BLOCK, height: Math.max(1, block.height), class: "block",
          fill: Study.colour(run, block.number) }, draw("title", {}, told)), 2 * at, block, told, () => Study.members(run, block.number)));
      }
      if (at === between.length) return;
      // Thin bands lie over thick ones, or nobody could point at them.
      const bands = between[at].filter((band) => drawn.has(band)).sort((a, b) => b.coins.length - a.coins.length);
      for (const band of bands) {
        const told = tellBand(band);
        svg.append(stop(draw("path", { d: outline(band), class: "band", fill: Study.colour(band.run, band.before),
          "data-band": `${STUDY.runs[run].clusters[band.before].id}>${STUDY.runs[band.other].clusters[band.after].id}`,
          "data-run": STUDY.runs[run].name, "data-coins": band.coins.length }, draw("title", {}, told)), 2 * at + 1, band, told, () => band.coins, band));
      }
    });
    // Words lie over the bands, and do not catch the pointer.
    for (const block of blocks.flat()) {
      if (block.height < LEAST_LABEL) continue;
      svg.append(draw("text", { x: block.x + BLOCK + 4, y: block.y + block.height / 2 + 4, class: "label" },
        `${STUDY.runs[block.run].clusters[block.number].id} · ${Study.percent(block.size / Study.count)}`));
    }
    const left = sorted.slice(MOST_BANDS);
    const lost = left.reduce((sum, band) => sum + band.coins.length, 0) / Study.count / Math.max(1, between.length);
    return make("div", {}, make("div", { class: "scrolled" }, svg), left.length
      ? make("p", { class: "quiet" }, word("flows_left_out", { count: left.length, share: Study.percent(lost) })) : null);
  }

  // What is pointed at, below the picture; once kept, it stays whatever is pointed at on the way to it.
  function board() {
    const told = make("p", { class: "told", role: "status" }, word("flows_nothing"));
    const coins = make("div", {});
    let apart = make("div", { class: "apart" });
    let keptBy = null;
    const mark = (element) => {
      keptBy?.classList.remove("kept");
      keptBy = element;
      keptBy?.classList.add("kept");
    };
    function show(sentence, some, end = "") {
      told.textContent = `${sentence}${end}`;
      const fresh = make("div", { class: "apart" });
      apart.replaceWith(fresh);
      apart = fresh;
      const label = Study.commonest(some);
      coins.replaceChildren(...(label ? [make("p", { class: "quiet" }, label)] : []), Study.thumbnails(some));
    }
    function keep(element, sentence, some, band) {
      if (keptBy === element) { mark(null); show(sentence, some); return; }
      mark(element);
      show(sentence, some, ` (${word("kept")})`);
      if (band) Apart.fill(apart, band);
    }
    return { element: make("div", { class: "board" }, told, apart, coins), show, keep, kept: () => keptBy !== null, letGo: () => mark(null) };
  }

  function fill(place) {
    const panel = board();
    const holder = make("div", {});
    const orders = { given: STUDY.orders.given, alike: STUDY.orders.alike };
    if (place.dataset.tree === "yes") orders.tree = STUDY.orders.tree;
    const buttons = Object.entries(orders).map(([name, runs]) => make("button", { type: "button", "data-order": name,
      "aria-pressed": String(name === "given"), click: (event) => {
        for (const one of buttons) one.setAttribute("aria-pressed", String(one === event.currentTarget));
        panel.letGo();
        holder.replaceChildren(picture(runs, panel));
      } }, word(`flows_${name}`)));
    holder.append(picture(orders.given, panel));
    place.replaceChildren(make("div", { class: "toolbar" }, make("div", { class: "group", role: "group", "aria-label": word("flows_order") },
      make("span", {}, word("flows_order")), buttons)), holder, panel.element);
  }

  return { fill };
})();

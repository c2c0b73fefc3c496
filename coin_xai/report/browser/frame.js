"use strict";

// One picture of a coin: its photograph, with heat over it or a gradient in the place of what was seen.

const Frame = (() => {
  const root = document.documentElement.dataset.root;
  const folder = (cluster) => `${root}page/pictures/${cluster}/`;
  const fileOf = (coin) => folder(Table.value("cluster", coin)) + encodeURIComponent(PAGE.files[coin]);
  const photograph = (coin) => `${fileOf(coin)}.jpg`;
  const known = Object.fromEntries(PAGE.methods.map((method) => [method.name, method]));

  // Where the square that the network saw lies in the frame. What was cut out was turned; it is turned back.
  function box(coin) {
    const [left, top, width, height, turn] = PAGE.squares[coin];
    const place = { left: `${left}%`, top: `${top}%`, width: `${width}%`, height: `${height}%` };
    return turn ? { ...place, transform: `rotate(${turn}deg)` } : place;
  }

  // On request a coin stands as it did when it was compared with others, with all that lies over it.
  function turned(coin) {
    if (Settings.chosen.standing !== "alike" || !PAGE.turns) return {};
    const [across, down, turn] = PAGE.turns[coin];
    return { transformOrigin: `${across}% ${down}%`, transform: `rotate(${-turn}deg)` };
  }

  // A page may be sent without photographs; then heat lies on plain paper.
  function photographOf(coin, alt) {
    return PAGE.atlas ? make("img", { src: photograph(coin), alt, loading: "lazy", decoding: "async" })
      : make("span", { class: "absent", role: "img", "aria-label": alt });
  }

  const small = (coin) => (PAGE.atlas ? make("img", { src: photograph(coin), alt: "", loading: "lazy" }) : null);

  function framed(coin, kind, alt) {
    const aspect = PAGE.aspect[coin];
    const fit = aspect >= 1 ? { width: "100%" } : { height: "100%" };
    return make("span", { class: `frame ${kind}`, style: { aspectRatio: String(aspect), ...fit, ...turned(coin) } }, photographOf(coin, alt));
  }

  function picture(coin, name) {
    const method = known[name];
    const frame = framed(coin, method.kind, word("alt", { method: method.caption, coin: Table.idOf(coin) }));
    if (method.kind === "heat") {
      frame.append(make("span", { class: "veil", style: veil(coin) }), later(coin, (canvas) => Heat.draw(canvas, name, coin)));
    } else if (method.kind === "gradient") {
      frame.append(make("span", { class: "veil paper" }));
      frame.append(make("img", { class: "over", style: box(coin), src: `${fileOf(coin)}-${name}.jpg`, alt: "", loading: "lazy" }));
    }
    return make("span", { class: "tile" }, frame);
  }

  // A canvas over what the network saw of a coin, drawn when it comes into view.
  function later(coin, draw) {
    const canvas = make("canvas", { class: "over", "aria-hidden": "true", style: box(coin) });
    Heat.later(canvas, () => draw(canvas));
    return canvas;
  }

  // What the network did not see fades to paper: all but its square, and of that all but the coin, if it was found.
  function veil(coin) {
    const corners = outline(coin) ?? square(coin);
    const ring = [...corners, corners[0]].map(([x, y]) => `${x} ${y}`);
    return { clipPath: `polygon(evenodd, 0 0, 100% 0, 100% 100%, 0 100%, 0 0, ${ring.join(", ")})` };
  }

  function square(coin) {
    const [left, top, width, height, turn] = PAGE.squares[coin];
    const [cos, sin] = [Math.cos((turn * Math.PI) / 180) / 2, Math.sin((turn * Math.PI) / 180) / 2];
    const corner = (right, down) => [`${left + width * (0.5 + right * cos - down * sin)}%`, `${top + height * (0.5 + right * sin + down * cos)}%`];
    return [corner(-1, -1), corner(1, -1), corner(1, 1), corner(-1, 1)];
  }

  function outline(coin) {
    if (!PAGE.outlines[coin]) return null;
    const steps = Uint8Array.from(atob(PAGE.outlines[coin]), (sign) => sign.charCodeAt(0));
    const percent = (step) => `${(100 * step / 255).toFixed(1)}%`;
    return Array.from({ length: steps.length / 2 }, (_, at) => [percent(steps[2 * at]), percent(steps[2 * at + 1])]);
  }

  // The mean map of a cluster over its mean photograph.
  function mean(cluster) {
    const canvas = make("canvas", { class: "over", "aria-hidden": "true", style: { inset: "0", width: "100%", height: "100%" } });
    const alt = word("mean_alt", { method: HEAT_FIRST.caption, cluster: cluster.cluster });
    const image = PAGE.atlas ? make("img", { src: `${folder(cluster.cluster)}mean.jpg`, alt, loading: "lazy" })
      : make("span", { class: "absent", role: "img", "aria-label": alt });
    if (cluster.mean_maximum > 0) {
      Heat.later(canvas, () => Heat.paint(canvas, Heat.bytes(cluster.mean_map), HEAT[HEAT_FIRST.name].grid));
    }
    return make("span", { class: "tile" }, make("span", { class: "frame heat", style: { aspectRatio: "1", width: "100%" } }, image, canvas));
  }

  // A coin in a strip of coins, with something drawn over it.
  function inStrip(coin, alt, draw) {
    const frame = framed(coin, "heat", alt);
    frame.append(later(coin, draw));
    return make("span", { class: "tile" }, frame);
  }

  return { picture, small, mean, inStrip };
})();

"use strict";

// One picture of a coin: its photograph, with heat over it or a gradient in the place of what was seen.

const Frame = (() => {
  const root = document.documentElement.dataset.root;
  const folder = (cluster) => `${root}page/pictures/${cluster}/`;
  const fileOf = (coin) => folder(Table.value("cluster", coin)) + encodeURIComponent(PAGE.files[coin]);
  const photograph = (coin) => `${fileOf(coin)}.webp`;
  const known = Object.fromEntries(PAGE.methods.map((method) => [method.name, method]));

  // Where the square that the network saw lies, as shares of the frame.
  function box(aspect) {
    const [wide, high] = [Math.min(1, 1 / aspect) * PAGE.centre_crop, Math.min(1, aspect) * PAGE.centre_crop];
    const percent = (share) => `${100 * share}%`;
    return { left: percent((1 - wide) / 2), top: percent((1 - high) / 2), width: percent(wide), height: percent(high) };
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
    return make("span", { class: `frame ${kind}`, style: { aspectRatio: String(aspect), ...fit } }, photographOf(coin, alt));
  }

  function picture(coin, name) {
    const method = known[name];
    const aspect = PAGE.aspect[coin];
    const frame = framed(coin, method.kind, word("alt", { method: method.caption, coin: Table.idOf(coin) }));
    if (method.kind === "heat") {
      frame.append(make("span", { class: "veil", style: veil(coin) }), later(coin, (canvas) => Heat.draw(canvas, name, coin)));
    } else if (method.kind === "gradient") {
      frame.append(make("span", { class: "veil paper" }));
      frame.append(make("img", { class: "over", style: box(aspect), src: `${fileOf(coin)}-${name}.webp`, alt: "", loading: "lazy" }));
    }
    return make("span", { class: "tile" }, frame);
  }

  // A canvas over what the network saw of a coin, drawn when it comes into view.
  function later(coin, draw) {
    const canvas = make("canvas", { class: "over", "aria-hidden": "true", style: box(PAGE.aspect[coin]) });
    Heat.later(canvas, () => draw(canvas));
    return canvas;
  }

  // What the network did not see fades to paper: all but its square, and of that all but the coin, if it was found.
  function veil(coin) {
    const corners = outline(coin) ?? square(PAGE.aspect[coin]);
    const ring = [...corners, corners[0]].map(([x, y]) => `${x} ${y}`);
    return { clipPath: `polygon(evenodd, 0 0, 100% 0, 100% 100%, 0 100%, 0 0, ${ring.join(", ")})` };
  }

  function square(aspect) {
    const { left, top, width, height } = box(aspect);
    const [right, bottom] = [`calc(${left} + ${width})`, `calc(${top} + ${height})`];
    return [[left, top], [right, top], [right, bottom], [left, bottom]];
  }

  function outline(coin) {
    if (!PAGE.outlines[coin]) return null;
    const steps = Uint8Array.from(atob(PAGE.outlines[coin]), (sign) => sign.charCodeAt(0));
    const percent = (step) => `${(100 * step / 255).toFixed(1)}%`;
    return Array.from({ length: steps.length / 2 }, (_, at) => [percent(steps[2 * at]), percent(steps[2 * at + 1])]);
  }

  // The mean map of a cluster over its mean photograph.
  function mean(cluster) {
    const canvas = make("canvas", { class: "over", "aria-hidden": "true", style: box(1) });
    canvas.style.inset = "0"; canvas.style.width = canvas.style.height = "100%";
    const alt = word("mean_alt", { method: HEAT_FIRST.caption, cluster: cluster.cluster });
    const image = PAGE.atlas ? make("img", { src: `${folder(cluster.cluster)}mean.webp`, alt, loading: "lazy" })
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

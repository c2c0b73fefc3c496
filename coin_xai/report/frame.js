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

  function picture(coin, name) {
    const method = known[name];
    const id = Table.idOf(coin);
    const aspect = PAGE.aspect[coin];
    const image = make("img", { src: photograph(coin), alt: word("alt", { method: method.caption, coin: id }),
      loading: "lazy", decoding: "async" });
    const fit = aspect >= 1 ? { width: "100%" } : { height: "100%" };
    const frame = make("span", { class: `frame ${method.kind}`, style: { aspectRatio: String(aspect), ...fit } }, image);
    if (method.kind === "heat") {
      const canvas = make("canvas", { class: "over", "aria-hidden": "true", style: box(aspect) });
      Heat.later(canvas, () => Heat.draw(canvas, name, coin));
      frame.append(make("span", { class: "veil", style: veil(aspect) }), canvas);
    } else if (method.kind === "gradient") {
      frame.append(make("span", { class: "veil paper" }));
      frame.append(make("img", { class: "over", style: box(aspect), src: `${fileOf(coin)}-${name}.webp`, alt: "", loading: "lazy" }));
    }
    return make("span", { class: "tile" }, frame);
  }

  // What the network did not see fades to paper.
  function veil(aspect) {
    const { left, top, width, height } = box(aspect);
    const [l, t, r, b] = [left, top, `calc(${left} + ${width})`, `calc(${top} + ${height})`];
    return { clipPath: `polygon(evenodd, 0 0, 100% 0, 100% 100%, 0 100%, 0 0, ${l} ${t}, ${r} ${t}, ${r} ${b}, ${l} ${b}, ${l} ${t})` };
  }

  // The mean map of a cluster over its mean photograph.
  function mean(cluster) {
    const name = PAGE.methods.find((method) => method.kind === "heat").name;
    const canvas = make("canvas", { class: "over", "aria-hidden": "true", style: box(1) });
    canvas.style.inset = "0"; canvas.style.width = canvas.style.height = "100%";
    const image = make("img", { src: `${folder(cluster.cluster)}mean.webp`, alt: word("mean_alt", { cluster: cluster.cluster }), loading: "lazy" });
    if (cluster.mean_maximum > 0) {
      Heat.later(canvas, () => Heat.paint(canvas, Heat.bytes(cluster.mean_map), HEAT[name].grid));
    }
    return make("span", { class: "tile" }, make("span", { class: "frame heat", style: { aspectRatio: "1", width: "100%" } }, image, canvas));
  }

  // How strongly one concept is present, in one colour, on one scale for its whole strip.
  function concept(coin, map, grid) {
    const frame = make("span", { class: "frame heat", style: { aspectRatio: String(PAGE.aspect[coin]),
      ...(PAGE.aspect[coin] >= 1 ? { width: "100%" } : { height: "100%" }) } },
      make("img", { src: photograph(coin), alt: Table.idOf(coin), loading: "lazy" }));
    const canvas = make("canvas", { class: "over", "aria-hidden": "true", style: box(PAGE.aspect[coin]) });
    const one = Uint8Array.from({ length: 768 }, (_, at) => [154, 60, 20][at % 3]);
    Heat.later(canvas, () => Heat.paint(canvas, map, grid, { factor: 1, table: one, plain: true }));
    frame.append(canvas);
    return make("span", { class: "tile" }, frame);
  }

  return { picture, photograph, mean, concept };
})();

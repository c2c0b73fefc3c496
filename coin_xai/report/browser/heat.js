"use strict";

// Draws the heat of a map into a canvas that lies over a grey photograph: the picture that
// coin_xai.heatmaps.overlay makes, from the cells of the map alone.

const Heat = (() => {
  const bytes = (base64) => Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
  const colours = Object.fromEntries(Object.entries(PAGE.colours).map(([name, table]) => [name, bytes(table)]));
  const cells = {};
  const RESOLUTION = 160;

  function steps(name) {
    cells[name] ??= bytes(HEAT[name].steps);
    return cells[name];
  }

  // The value below which the maxima of 99 of 100 maps lie: one map must not darken all others.
  function common(name) {
    const known = HEAT[name].maximum.filter((one) => one > 0).sort((a, b) => a - b);
    return known.length ? known[Math.min(known.length - 1, Math.floor(0.99 * known.length))] : 1;
  }
  const commons = {};

  // One number a pixel, 0 to 1: between the centres of the cells, bilinear; beyond them, as the nearest.
  function enlarged(map, height, width, side) {
    const heat = new Float32Array(side * side);
    const places = (n) => Array.from({ length: side }, (_, pixel) => {
      const place = Math.min(n - 1, Math.max(0, ((pixel + 0.5) * n) / side - 0.5));
      const low = Math.min(Math.floor(place), Math.max(0, n - 2));
      return [low, Math.min(low + 1, n - 1), place - low];
    });
    const [rows, columns] = [places(height), places(width)];
    for (let y = 0; y < side; y++) {
      const [top, bottom, down] = rows[y];
      for (let x = 0; x < side; x++) {
        const [left, right, across] = columns[x];
        const upper = map[top * width + left] * (1 - across) + map[top * width + right] * across;
        const lower = map[bottom * width + left] * (1 - across) + map[bottom * width + right] * across;
        heat[y * side + x] = (upper * (1 - down) + lower * down) / 255;
      }
    }
    return heat;
  }

  // On its own scale the least heat is blue and the greatest red; on the common one, red is the same for all.
  function stretch(heat, factor) {
    if (factor !== null) return heat.map((one) => Math.min(1, one * factor));
    let [least, most] = [Infinity, -Infinity];
    for (const one of heat) { least = Math.min(least, one); most = Math.max(most, one); }
    return most > least ? heat.map((one) => (one - least) / (most - least)) : heat.fill(most > 0 ? 1 : 0);
  }

  function paint(canvas, map, grid, { factor = null, table = colours[Settings.chosen.colours], plain = false } = {}) {
    canvas.width = canvas.height = RESOLUTION;
    const heat = stretch(enlarged(map, grid[0], grid[1], RESOLUTION), factor);
    const picture = new ImageData(RESOLUTION, RESOLUTION);
    for (let at = 0; at < heat.length; at++) {
      const colour = 3 * Math.round(255 * heat[at]);
      picture.data.set(table.subarray(colour, colour + 3), 4 * at);
      const cover = PAGE.opacity * (PAGE.cold_share + (1 - PAGE.cold_share) * heat[at]);
      picture.data[4 * at + 3] = Math.round(255 * (plain ? heat[at] * 0.85 : cover));
    }
    canvas.getContext("2d").putImageData(picture, 0, 0);
  }

  function draw(canvas, name, coin) {
    const { grid, maximum } = HEAT[name];
    commons[name] ??= common(name);
    drawOne(canvas, cell(steps(name), grid, coin), grid, maximum[coin], commons[name]);
  }

  // One map of a heap of maps.
  const cell = (heap, [height, width], at) => heap.subarray(height * width * at, height * width * (at + 1));

  // Where nothing speaks for the cluster, nothing is drawn, and hatched.
  function drawOne(canvas, map, grid, maximum, most) {
    const nothing = !(maximum > 0);
    canvas.classList.toggle("nothing", nothing);
    if (!nothing) paint(canvas, map, grid, { factor: Settings.chosen.scale === "common" ? maximum / most : null });
  }

  // Canvases are drawn when they come into view, and all of them before printing.
  const waiting = new Map();
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) now(entry.target);
  }, { rootMargin: "400px" });
  function now(canvas) {
    waiting.get(canvas)?.();
    waiting.delete(canvas);
    watcher.unobserve(canvas);
  }
  function later(canvas, work) {
    waiting.set(canvas, work);
    watcher.observe(canvas);
  }
  addEventListener("beforeprint", () => [...waiting.keys()].filter((one) => one.isConnected).forEach(now));

  return { draw, drawOne, paint, cell, later, bytes, forget: () => { waiting.clear(); watcher.disconnect(); } };
})();

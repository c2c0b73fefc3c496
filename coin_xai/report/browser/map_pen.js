"use strict";

// Paints the coins of the map, as dots or as the small pictures of the atlas, onto a sheet that is kept.

function mapPen(onLoad) {
  const sheet = document.createElement("canvas");
  const { tile, across } = PAGE.atlas ?? {}; // a page without photographs has only dots
  const atlas = tile ? make("img", { alt: "", src: `${document.documentElement.dataset.root}page/app/atlas.jpg`, load: onLoad }) : null;
  let pen = sheet.getContext("2d");

  function begin(width, height, ratio) {
    sheet.width = width * ratio;
    sheet.height = height * ratio;
    pen = sheet.getContext("2d");
    pen.scale(ratio, ratio);
  }

  function circle(on, x, y, radius) {
    on.beginPath();
    on.arc(x, y, radius, 0, 2 * Math.PI);
  }

  function dot(x, y, radius, fill) {
    circle(pen, x, y, radius);
    pen.fillStyle = fill;
    pen.globalAlpha = 0.85;
    pen.fill();
    pen.globalAlpha = 1;
  }

  function stamp(coin, x, y, size, colour) {
    if (!atlas.complete) return dot(x, y, size / 2, colour);
    const [left, top] = [(coin % across) * tile, Math.floor(coin / across) * tile];
    pen.save();
    circle(pen, x, y, size / 2);
    pen.clip();
    pen.drawImage(atlas, left, top, tile, tile, x - size / 2, y - size / 2, size, size);
    pen.restore();
    circle(pen, x, y, size / 2);
    pen.strokeStyle = colour;
    pen.lineWidth = 1.6;
    return pen.stroke();
  }

  function show(canvas) {
    const on = canvas.getContext("2d");
    on.clearRect(0, 0, canvas.width, canvas.height);
    if (sheet.width && sheet.height) on.drawImage(sheet, 0, 0);
  }

  function ring(canvas, x, y, radius) {
    const on = canvas.getContext("2d");
    const ratio = devicePixelRatio || 1;
    circle(on, x * ratio, y * ratio, radius * ratio);
    on.lineWidth = 2 * ratio;
    on.strokeStyle = "#2b2a27";
    on.stroke();
  }

  return { begin, dot, stamp, show, ring };
}

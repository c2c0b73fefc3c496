"use strict";

// Coins beside each other with the same thing marked on all of them: what tells a cluster from another one,
// and the concepts that its coins share.

const RIVALS = 2;

function strip(label, coins, draw) {
  return make("div", { class: "strip" }, make("span", { class: "quiet" }, label), coins.map((id, at) => {
    const coin = Table.coinOf.get(id);
    return make("a", { href: coinAddress(coin), title: id }, Frame.inStrip(coin, id, (canvas) => draw(canvas, at)));
  }));
}

// Both sides: what speaks for this cluster and against the other on its own coins, and the other way round.
function contrastStrips(cluster) {
  const side = (own, rival) => {
    const { coins, grid, steps, maximum } = CONTRASTS[`${own}>${rival}`];
    const [maps, most] = [Heat.bytes(steps), Math.max(...maximum)];
    return strip(link(clusterName(own), clusterAddress(own)), coins, (canvas, at) =>
      Heat.drawOne(canvas, Heat.cell(maps, grid, at), grid, maximum[at], most));
  };
  const rivals = cluster.nearest.slice(0, RIVALS).map(([other]) => other).filter((other) => `${cluster.cluster}>${other}` in CONTRASTS);
  if (!rivals.length) return null;
  return make("section", {}, make("h3", {}, word("contrasts")), make("p", { class: "quiet" }, word("contrasts_hint")),
    rivals.map((rival) => make("div", { class: "against" }, side(cluster.cluster, rival), side(rival, cluster.cluster))));
}

// Places that mean the same on all coins of a cluster, in one colour, on one scale for a whole strip.
function conceptStrips(number) {
  const found = CONCEPTS.clusters[number];
  if (!found) return null;
  const places = Heat.bytes(found.places);
  const colour = Uint8Array.from({ length: 768 }, (_, at) => [154, 60, 20][at % 3]);
  const strips = found.share.map((share, concept) =>
    strip(word("concept", { number: concept + 1, share: Math.round(100 * share) }), found.coins, (canvas, at) =>
      Heat.paint(canvas, Heat.cell(places, CONCEPTS.grid, concept * found.coins.length + at), CONCEPTS.grid,
        { factor: 1, table: colour, plain: true })));
  return make("section", {}, make("h3", {}, word("concepts")),
    make("p", { class: "quiet" }, word("concepts_hint", { share: Math.round(100 * found.explained) })), strips);
}

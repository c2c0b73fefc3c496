"use strict";

// Which page is shown, by the part of the address after #, and what keys do.

const view = document.getElementById("view");
const overview = document.getElementById("overview");
const content = document.getElementById("main");
let placeInOverview = 0;

function show() {
  const [, kind, ...rest] = location.hash.split("/");
  const name = decode(rest.join("/"));
  Heat.forget();
  const pages = { cluster: () => clusterPage(Number(name)), coin: () => coinPage(name), coins: coinsPage, notes: notesPage };
  const page = pages[kind]?.();
  overview.hidden = Boolean(page);
  view.hidden = !page;
  view.replaceChildren(...(page ? [page] : []));
  for (const one of document.querySelectorAll("nav.views a")) {
    if (one.hash.split("/")[1] === (page ? kind : "")) one.setAttribute("aria-current", "page");
    else one.removeAttribute("aria-current");
  }
  for (const other of document.querySelectorAll("a[hreflang]")) other.hash = location.hash;
  document.title = [page ? name || word(kind) : null, PAGE.run, "coin-xai"].filter(Boolean).join(" · ");
}

function decode(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

// A page is read from its top; in the overview one goes on where one was. The keyboard goes on in the page.
function route(event) {
  show();
  if (event && document.activeElement !== search) content.focus({ preventScroll: true });
  if (!view.hidden || location.hash === "#/") scrollTo(0, view.hidden ? placeInOverview : 0);
}

function rename() {
  for (const card of document.querySelectorAll("[data-cluster-name]")) card.textContent = clusterName(card.dataset.clusterName);
  document.getElementById("noted").textContent = Notes.count() ? ` (${Notes.count()})` : "";
}

Settings.onChange((name) => { if (name !== "blink" && !view.hidden) keepingPlace(show); });
Notes.onChange(rename);

function keepingPlace(work) {
  const place = scrollY;
  work();
  scrollTo(0, place);
}

const search = document.getElementById("search");
search.addEventListener("input", () => {
  Filter.query = search.value;
  if (location.hash === "#/coins") show();
  else location.hash = "#/coins";
});
search.form.addEventListener("submit", (event) => event.preventDefault());

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select, .map")) return;
  const step = { ArrowLeft: "←", ArrowRight: "→" }[event.key];
  const method = PAGE.methods[Number(event.key) - 1];
  if (event.key === "/") { event.preventDefault(); search.focus(); }
  else if (event.key === "b") Settings.set("blink", !Settings.chosen.blink);
  else if (step) [...document.querySelectorAll(".step")].find((one) => one.textContent === step)?.click();
  else if (method) Settings.set("method", method.name);
});

// What is behind # names a page, so a link within one must not change it.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  content.focus();
});
addEventListener("hashchange", route);
addEventListener("scroll", () => { if (view.hidden) placeInOverview = scrollY; }, { passive: true });
document.getElementById("controls").hidden = false;
rename();
route();
coinMap(document.getElementById("map"));

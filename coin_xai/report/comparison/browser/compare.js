"use strict";

// Which page is shown, by the part of the address after #.

const view = document.getElementById("view");
const overview = document.getElementById("overview");
const content = document.getElementById("main");
const search = document.getElementById("search");
let placeInOverview = 0;

function show() {
  const [, kind, ...rest] = location.hash.split("/");
  const name = decode(rest.join("/"));
  const page = { coin: () => coinPage(name), coins: () => foundPage(name) }[kind]?.();
  overview.hidden = Boolean(page);
  view.hidden = !page;
  view.replaceChildren(...(page ? [page] : []));
  const home = document.querySelector("nav.views a");
  if (page) home.removeAttribute("aria-current");
  else home.setAttribute("aria-current", "page");
  for (const other of document.querySelectorAll("a[hreflang]")) other.hash = location.hash;
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

search.addEventListener("input", () => { location.hash = search.value ? `#/coins/${encodeURIComponent(search.value)}` : "#/"; });
search.form.addEventListener("submit", (event) => event.preventDefault());
addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input")) return;
  event.preventDefault();
  search.focus();
});

// What is behind # names a page, so a link within one must not change it.
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  content.focus();
});
addEventListener("hashchange", route);
addEventListener("scroll", () => { if (view.hidden) placeInOverview = scrollY; }, { passive: true });
document.getElementById("controls").hidden = false;
Flows.fill(document.getElementById("flows"));
Cores.fill(document.getElementById("cores"));
Cores.fillWanderers(document.getElementById("wanderers"));
route();

"use strict";

// How the reader wants to see pictures; kept in the browser, if it keeps anything.

const Store = (() => {
  let works = true;
  const read = (key) => {
    try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
  };
  const write = (key, value) => {
    try { localStorage.setItem(key, JSON.stringify(value)); works = true; } catch { works = false; }
  };
  const remove = (key) => {
    try { localStorage.removeItem(key); } catch { works = false; }
  };
  return { read, write, remove, works: () => works };
})();

// Methods keep their names in every language; a photograph has a word.
for (const method of PAGE.methods) if (method.name in WORDS) method.caption = word(method.name);

const HEAT_FIRST = PAGE.methods.find((method) => method.kind === "heat");

const Settings = (() => {
  const KEY = "coin-xai:settings";
  const usual = { layout: "side", method: HEAT_FIRST.name, scale: "own", colours: "usual", standing: "own", blink: false };
  const chosen = { ...usual, ...Store.read(KEY) };
  if (!PAGE.methods.some((method) => method.name === chosen.method)) chosen.method = usual.method;
  if (!(chosen.colours in PAGE.colours)) chosen.colours = usual.colours;
  if (!PAGE.atlas) chosen.layout = "one"; // there is nothing to stand beside the heat
  chosen.blink = false; // nobody should be met by something that flashes
  const listeners = [];

  function set(name, value) {
    chosen[name] = value;
    Store.write(KEY, chosen);
    document.body.classList.toggle("blink", chosen.blink);
    listeners.forEach((listener) => listener(name));
  }

  function button(name, value, text, hint) {
    const active = () => String(chosen[name] === value);
    const element = make("button", { type: "button", title: hint, "aria-pressed": active(), click: () => set(name, value) }, text);
    element.dataset.setting = name;
    listeners.push(() => element.setAttribute("aria-pressed", active()));
    return element;
  }

  const group = (label, ...buttons) =>
    make("div", { class: "group", role: "group", "aria-label": label }, make("span", {}, label), buttons);

  function toolbar() {
    const blink = make("button", { type: "button", title: word("blink_hint"), "aria-pressed": String(chosen.blink),
      click: () => set("blink", !chosen.blink) }, word("blink"));
    listeners.push(() => blink.setAttribute("aria-pressed", String(chosen.blink)));
    return make("div", { class: "toolbar" },
      PAGE.atlas ? group(word("layout"), button("layout", "side", word("side_by_side")), button("layout", "one", word("one_picture"))) : null,
      PAGE.turns ? group(word("standing"), button("standing", "own", word("standing_own")),
        button("standing", "alike", word("standing_alike"), word("standing_alike_hint"))) : null,
      group(word("method"), PAGE.methods.map((method) => button("method", method.name, method.caption)), blink),
      group(word("scale"), button("scale", "own", word("scale_own"), word("scale_own_hint")),
        button("scale", "common", word("scale_common"), word("scale_common_hint"))),
      group(word("colours"), Object.keys(PAGE.colours).map((name) => button("colours", name, word(`colours_${name}`)))));
  }

  return { chosen, set, toolbar, onChange: (listener) => listeners.push(listener) };
})();

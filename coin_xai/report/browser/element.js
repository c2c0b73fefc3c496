"use strict";

// Makes elements. What comes from tables enters as text and never as markup, and nothing but pages,
// pictures and records on the web can be linked to.

const SAFE_ADDRESS = /^(#|https?:\/\/|[^:]*$)/i;

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else if ((name === "href" || name === "src") && !SAFE_ADDRESS.test(value)) continue;
    else if (name === "style") Object.assign(element.style, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

function link(text, address, attributes = {}) {
  const abroad = /^https?:/i.test(address) ? { target: "_blank", rel: "noopener noreferrer" } : {};
  return make("a", { href: address, ...abroad, ...attributes }, text);
}

function word(key, values = {}) {
  if (!(key in WORDS)) throw new Error(`no word for ${key}`);
  return WORDS[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

// Choices are pairs of a value and its text, or of a heading and the choices under it.
function select(choices, chosen, onChange, attributes = {}) {
  const options = ([value, text]) => (Array.isArray(text) ? make("optgroup", { label: value }, text.map(options))
    : make("option", { value, selected: String(value) === String(chosen) }, text));
  return make("select", { ...attributes, change: (event) => onChange(event.target.value) }, choices.map(options));
}

function save(name, content, type) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.download = name;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

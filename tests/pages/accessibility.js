// What stands between a page and those who cannot see it, or see it otherwise: a sentence for each fault.
() => {
  const faults = [];
  const shown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const named = (element) => (element.getAttribute("aria-label") || element.getAttribute("title") || element.textContent
    || [...(element.labels ?? [])].map((label) => label.textContent).join("")
    || [...element.querySelectorAll("img[alt], [role=img]")].map((one) => one.alt || one.ariaLabel).join("")).trim();
  const tell = (element, fault) => faults.push(`${fault}: ${element.outerHTML.slice(0, 120)}`);

  if (!document.documentElement.lang) faults.push("the page has no language");
  if (!document.title) faults.push("the page has no title");
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  ids.filter((id, at) => ids.indexOf(id) !== at).forEach((id) => faults.push(`two elements are called ${id}`));
  for (const element of document.querySelectorAll("img:not([alt])")) tell(element, "no alternative text");
  for (const element of document.querySelectorAll("[role=img]")) if (!named(element)) tell(element, "no alternative text");
  for (const element of document.querySelectorAll("canvas")) {
    if (element.ariaHidden !== "true" && !element.ariaLabel) tell(element, "neither hidden nor named");
  }
  for (const element of document.querySelectorAll("a, button, input, select, textarea")) {
    if (shown(element) && !named(element)) tell(element, "no name");
  }
  const levels = [...document.querySelectorAll("h1, h2, h3, h4")].filter(shown).map((element) => Number(element.tagName[1]));
  levels.slice(1).forEach((level, at) => { if (level > levels[at] + 1) faults.push(`a heading ${level} after one of ${levels[at]}`); });

  // Contrast as WCAG 2.1 has it, of every text against the nearest ground that is painted below it.
  const parse = (colour) => colour.match(/[\d.]+/g).map(Number);
  const light = ([red, green, blue]) => [red, green, blue].map((one) => one / 255)
    .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
    .reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const [red, green, blue, cover = 1] = parse(getComputedStyle(one).backgroundColor);
      if (cover > 0.99) return [red, green, blue];
    }
    return [255, 255, 255];
  };
  for (const element of document.querySelectorAll("body *")) {
    const speaks = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!speaks || !shown(element) || element.closest("noscript, script, option")) continue;
    const style = getComputedStyle(element);
    const [one, other] = [light(parse(style.color)), light(ground(element))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) tell(element, `contrast ${ratio.toFixed(2)}`);
  }
  return faults;
}

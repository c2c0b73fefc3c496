"use strict";

// Sorts the table of runs by a click on a heading.

(() => {
  const table = document.getElementById("runs");
  const [head, body] = [table.tHead.rows[0], table.tBodies[0]];
  const alphabet = new Intl.Collator(document.documentElement.lang, { numeric: true }).compare;
  const isNumber = (value) => Number.isFinite(Number(value));

  // Numbers go by their size and before texts; what is unknown comes last, whichever way one sorts.
  function compare(one, other, down) {
    if (!one || !other) return !one - !other;
    const order = isNumber(one) && isNumber(other) ? one - other
      : isNumber(other) - isNumber(one) || alphabet(one, other);
    return down ? -order : order;
  }

  [...head.cells].forEach((cell, column) => {
    const button = make("button", { type: "button", click: () => {
      const down = cell.getAttribute("aria-sort") === "ascending";
      for (const other of head.cells) other.removeAttribute("aria-sort");
      cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      const value = (row) => row.cells[column].dataset.value;
      body.append(...[...body.rows].sort((one, other) => compare(value(one), value(other), down)));
    } }, cell.textContent);
    cell.replaceChildren(button);
  });
})();

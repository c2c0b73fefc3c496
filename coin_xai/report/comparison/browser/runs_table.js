"use strict";

// Sorts the table of runs by a click on a heading.

(() => {
  const table = document.getElementById("runs");
  const [head, body] = [table.tHead.rows[0], table.tBodies[0]];
  const compare = new Intl.Collator(document.documentElement.lang, { numeric: true }).compare;

  [...head.cells].forEach((cell, column) => {
    const button = make("button", { type: "button", click: () => {
      const down = cell.getAttribute("aria-sort") === "ascending";
      for (const other of head.cells) other.removeAttribute("aria-sort");
      cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      const value = (row) => row.cells[column].dataset.value;
      const rows = [...body.rows].sort((one, other) => compare(value(one), value(other)));
      body.append(...(down ? rows.reverse() : rows));
    } }, cell.textContent);
    cell.replaceChildren(button);
  });
})();

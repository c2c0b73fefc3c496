"use strict";

// The paragraph on methods can be taken away.

(() => {
  const methods = document.querySelector("#methods");
  if (!methods) return;
  const [paragraph, button] = [methods.querySelector("p"), methods.querySelector("button")];
  button.hidden = false;
  button.addEventListener("click", async () => {
    getSelection().selectAllChildren(paragraph); // where a browser forbids it, the reader copies by hand
    await navigator.clipboard.writeText(paragraph.textContent);
    button.textContent = word("copied");
  });
})();

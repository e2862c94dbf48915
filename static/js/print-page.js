/** The button that opens the browser's own window to print. Without script the page says which keys do it. */
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

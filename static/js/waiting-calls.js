/**
 * O, N, P and M on the card of a call, only while the focus is among its answers (WCAG 2.1.4). Without this script the
 * buttons are enough.
 */
const answers = document.querySelector("[data-answers]");

answers?.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  const button = answers.querySelector(`[data-letter='${CSS.escape(event.key.toLowerCase())}']`);
  if (!button) return;
  event.preventDefault();
  button.click();
});

/**
 * Shift+Left and Shift+Right go to the week (or the day) before and after. Not while typing: there these keys select text.
 */
const KEYS = { ArrowLeft: "[data-previous]", ArrowRight: "[data-next]" };

document.addEventListener("keydown", (event) => {
  if (!event.shiftKey || event.ctrlKey || event.altKey || event.metaKey || !(event.key in KEYS)) return;
  if (event.target.closest("input, select, textarea, [contenteditable]")) return;
  const link = document.querySelector(KEYS[event.key]);
  if (!link) return;
  event.preventDefault();
  link.click();
});

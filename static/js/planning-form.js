/**
 * The first thing to say has the focus (data-first), Ctrl+Enter presses the final button of the page, Escape goes back,
 * arrows go from pill to pill (Tab and the space bar do it too). Everything works without it, and the server checks
 * that what is saved is what was shown.
 */
import { moveAmong } from "./console-moves.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const CONTROLS = "input:not([type=hidden]), select, textarea";
const form = document.querySelector("form[data-planning]");

function focusOnFirst() {
  if (document.querySelector("[data-focus]")) return; // what is missing is read first
  const first = form.querySelector("[data-first]");
  (first?.matches(CONTROLS) ? first : first?.querySelector(CONTROLS))?.focus();
}

function movesAmongPills(event) {
  const direction = ARROWS[event.key];
  const pills = event.target.closest("fieldset.seg")?.querySelectorAll("input[type=checkbox]");
  if (!direction || !pills?.length || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return false;
  moveAmong(pills, event.target, direction);
  return true;
}

if (form) {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.ctrlKey) {
      event.preventDefault();
      form.querySelector("[data-final]").click();
    } else if (event.key === "Escape" && !event.defaultPrevented) {
      form.querySelector("[data-back]").click();
    } else if (movesAmongPills(event)) {
      event.preventDefault();
    }
  });
  focusOnFirst();
}

/**
 * The first thing to say has the focus (data-first), Ctrl+Enter presses the final button of the page, Escape goes back,
 * arrows go from pill to pill as the eye does, from one group to the next too (Tab and the space bar work as ever).
 * Everything works without it, and the server checks that what is saved is what was shown.
 */
import { moveAmong } from "./console-moves.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const CONTROLS = "input:not([type=hidden]), select, textarea";
const PILLS = "fieldset.seg input[type=checkbox]";
const form = document.querySelector("form[data-planning]");

function focusOnFirst() {
  if (document.querySelector("[data-focus]")) return; // what is missing is read first
  const first = form.querySelector("[data-first]");
  (first?.matches(CONTROLS) ? first : first?.querySelector(CONTROLS))?.focus();
}

function movesAmongPills(event) {
  const direction = ARROWS[event.key];
  if (!direction || !event.target.matches(PILLS) || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return false;
  moveAmong(form.querySelectorAll(PILLS), event.target, direction);
  return true;
}

if (form) {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.ctrlKey) {
      event.preventDefault();
      form.querySelector("[data-final]").click();
    } else if (event.key === "Escape" && !event.defaultPrevented) {
      document.querySelector("[data-back]").click();
    } else if (movesAmongPills(event)) {
      event.preventDefault();
    }
  });
  focusOnFirst();
}

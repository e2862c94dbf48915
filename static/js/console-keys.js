/**
 * The keyboard of the console (look-backoffice.md, "Keyboard map"). Without it everything works by links, radios and
 * buttons; with it a whole call goes without the mouse.
 *
 *   F2, F4        who calls, what for           Ctrl+Enter   the final button of the step
 *   F2, down      the Rdv of the person; M there moves the one that has the focus
 *   F8, F9        the waiting list, once the person and the motif are known; why there are so few hours
 *   1...9         the numbered proposal, only in a list or in the table, by the position of the key (AZERTY: no Shift)
 *   arrows        lists (up, down) and the table (four ways): the focus moves, nothing is held until Enter or a digit
 *   Escape        one step back, nothing lost: from the hours to "matin, après-midi", where Enter comes back to the best one
 *
 * The focus carries itself: the server says where it goes when the step changes (data-step, data-focus on #console).
 */
import { moveInTable } from "./console-moves.js";

const DIGIT = /^(?:Digit|Numpad)([1-9])$/;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

let waiting = null; // the box whose answer is to be taken as soon as it comes
const asked = new WeakMap(); // a box, and the words that are being looked for
let step = region()?.dataset.step;

function region() {
  return document.getElementById("console");
}

function focusOn(element) {
  if (!element) return;
  element.focus();
  if (element.matches("input[type=search]")) element.select();
}

/* --- Where the focus goes --- */

function best() {
  const hours = document.getElementById("tenir");
  return hours?.querySelector("input:checked") ?? hours?.querySelector("[data-number='1']") ?? hours?.querySelector("input[type=radio]");
}

function carryFocus() {
  const name = region()?.dataset.focus.trim();
  if (name === "meilleure") focusOn(best() ?? document.getElementById("motif"));
  else if (name === "pour-0") focusOn(document.querySelector("input[name=pour]:checked"));
  else focusOn(document.getElementById(name) ?? document.getElementById("q"));
}

function afterSwap(event) {
  const now = event.target;
  if (now.id === "resultats" || now.id === "motifs") takeIfWaited(now);
  if (now.id !== "console") return;
  const isElsewhere = !now.contains(document.activeElement);
  if (now.dataset.step !== step || isElsewhere || document.getElementById("refus")) carryFocus();
  step = now.dataset.step;
  const said = now.dataset.say.trim();
  if (said) document.getElementById("annonce").textContent = said;
}

/* --- Boxes with a list under them --- */

function listOf(input) {
  return document.getElementById(input.dataset.picker)?.querySelector("[data-list]");
}

/* What stands under the box: what answers or, once the person is known, their Rdv. */
function below(input) {
  return listOf(input) ?? document.getElementById(input.dataset.below)?.querySelector("[data-list]");
}

function boxOf(list) {
  const name = list?.parentElement.id;
  return name ? document.querySelector(`[data-picker='${name}'], [data-below='${name}']`) : null;
}

function isFresh(input, list) {
  return list && list.dataset.q === input.value.trim();
}

function take(input) {
  const list = listOf(input);
  if (isFresh(input, list)) return choose(list);
  if (!input.value.trim()) return list ? focusOn(list.querySelector("a")) : undefined;
  if (input.id === "motif" && !list && input.value === input.defaultValue && best()) return focusOn(best());
  waiting = input;
  return window.htmx.trigger(input, "chercher");
}

function choose(list) {
  const first = list.querySelector("a");
  if (list.hasAttribute("data-takes-first")) first.click();
  else focusOn(first);
}

function takeIfWaited(region_) {
  const input = waiting;
  if (!input || input.dataset.picker !== region_.id) return;
  waiting = null;
  const list = listOf(input);
  if (isFresh(input, list)) choose(list);
}

/* Enter right after the last letter: the answer on its way is the one, it is not asked for a second time. */
document.addEventListener("htmx:confirm", (event) => {
  const box = event.target;
  if (box.dataset.picker && asked.get(box) === box.value.trim()) event.preventDefault();
});
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.dataset.picker) asked.set(event.target, event.target.value.trim());
});
document.addEventListener("htmx:afterRequest", (event) => asked.delete(event.target));

function moveInList(list, link, direction) {
  const links = [...list.querySelectorAll("a:not([data-move])")];
  const next = links[links.indexOf(link) + direction];
  focusOn(next ?? (direction < 0 ? boxOf(list) : link));
}

/* --- The table of hours --- */

function hold(radio) {
  radio.checked = true;
  radio.focus();
  radio.form.requestSubmit();
}

/* --- Keys --- */

function byDigit(event) {
  const digit = DIGIT.exec(event.code)?.[1];
  const around = document.activeElement.closest("[data-list], #tenir");
  if (!digit || !around || event.ctrlKey || event.altKey || event.metaKey) return false;
  if (document.activeElement.matches("input[type=date], select")) return false;
  const found = around.querySelector(`[data-number='${digit}']`);
  if (!found) return false;
  if (found.matches("input")) hold(found);
  else found.click();
  return true;
}

function byArrow(event) {
  const direction = ARROWS[event.key];
  const active = document.activeElement;
  if (!direction || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return false;
  if (active.matches("#tenir input[type=radio]")) {
    moveInTable(active, direction);
    return true;
  }
  const list = active.closest("[data-list]");
  if (list && direction[1]) {
    moveInList(list, active, direction[1]);
    return true;
  }
  const under = active.dataset.picker && direction[1] > 0 ? below(active) : null;
  if (under) focusOn(under.querySelector("a"));
  return Boolean(under);
}

/* Only on an Rdv of the list, once it has the focus (WCAG 2.1.4). */
function byLetter(event) {
  if (event.key.toLowerCase() !== "m" || event.ctrlKey || event.altKey || event.metaKey) return false;
  const way = document.activeElement.closest("[data-list] > li")?.querySelector("[data-move]");
  way?.click();
  return Boolean(way);
}

function byEnter(event) {
  const active = document.activeElement;
  if (event.key !== "Enter" || event.isComposing) return false;
  if (event.ctrlKey) {
    region()?.querySelector("[data-final]")?.click();
    return true;
  }
  if (active.dataset.picker) {
    take(active);
    return true;
  }
  if (active.matches("#tenir input[type=radio]")) {
    hold(active);
    return true;
  }
  if (active.matches("#filtres input[type=radio]") && best()) {
    focusOn(best());
    return true;
  }
  return false;
}

function byFunctionKey(event) {
  const name = { F2: "q", F4: "motif", F8: "attente", F9: "pourquoi-lien" }[event.key];
  if (!name || event.ctrlKey || event.altKey || event.metaKey) return false;
  if (event.key === "F8" || event.key === "F9") {
    document.getElementById(name)?.click();
    return true;
  }
  focusOn(document.getElementById(name) ?? document.getElementById("q"));
  return true;
}

function back() {
  const active = document.activeElement;
  const input = boxOf(active.closest("[data-list]"));
  if (input) return focusOn(input);
  if (active.dataset.picker && active.value !== active.defaultValue) {
    active.value = active.defaultValue;
    document.getElementById(active.dataset.picker).replaceChildren();
    return undefined;
  }
  const way = region()?.querySelector("[data-back]");
  if (way) return way.click();
  if (active.closest("#tenir")) return focusOn(document.querySelector("#filtres input[name=moment]:checked"));
  if (active.closest("#heures")) return focusOn(document.getElementById("motif"));
  return focusOn(document.querySelector("input[name=pour]:checked:not(:focus)") && active.id === "motif" ? document.querySelector("input[name=pour]:checked") : document.getElementById("q"));
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || !region()) return;
  if (event.key === "Escape") back();
  else if (!(byFunctionKey(event) || byEnter(event) || byArrow(event) || byDigit(event) || byLetter(event))) return;
  event.preventDefault();
});

/* --- Pointer: pointing at a choice makes it; arrows inside a group of radios only move --- */

document.addEventListener("click", (event) => {
  const radio = event.target.closest?.("input[type=radio]");
  if (!radio?.form) return;
  if (radio.form.id === "tenir") radio.form.requestSubmit();
  else if (radio.form.hasAttribute("data-submit-on-point") && event.detail > 0) radio.form.requestSubmit();
});

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (!form?.hasAttribute("data-submit-on-choice")) return;
  // A date is whole only when the person leaves it: each digit of the year is a change.
  if (event.target.type !== "date") form.requestSubmit();
  else event.target.addEventListener("blur", () => form.isConnected && form.requestSubmit(), { once: true });
});

/* --- Connection --- */

function sayBroken(name) {
  const note = document.getElementById("coupure");
  note.textContent = note.dataset[name];
  note.hidden = false;
}

document.addEventListener("htmx:afterSettle", afterSwap);
document.addEventListener("htmx:sendError", () => sayBroken("offline"));
document.addEventListener("htmx:responseError", () => sayBroken("broken"));
document.addEventListener("htmx:beforeSwap", () => {
  document.getElementById("coupure").hidden = true;
});

carryFocus();

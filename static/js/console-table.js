/**
 * Digits and arrows in the table of free hours, on pages where choosing an hour leads to a summary (moving an Rdv).
 * The console has its own (console-keys.js); here a choice is a plain form, sent by the button or by these keys.
 */
import { moveInTable } from "./console-moves.js";

const DIGIT = /^(?:Digit|Numpad)([1-9])$/;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function choose(radio) {
  radio.checked = true;
  radio.form.requestSubmit();
}

function inTable(event, radio) {
  const digit = DIGIT.exec(event.code)?.[1];
  const found = digit && radio.form.querySelector(`[data-number='${digit}']`);
  if (found) choose(found);
  else if (event.key === "Enter") choose(radio);
  else if (ARROWS[event.key]) moveInTable(radio, ARROWS[event.key]);
  else return false;
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.metaKey) return;
  if (event.ctrlKey) {
    const final = event.key === "Enter" ? document.querySelector("[data-final]") : null;
    if (final) final.click();
    return;
  }
  const radio = document.activeElement;
  if (radio.matches("#tenir input[type=radio]") && inTable(event, radio)) event.preventDefault();
});

document.querySelector("#tenir [data-number='1']")?.focus();

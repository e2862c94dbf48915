/**
 * Moving an Rdv by keyboard, the twin of the drag: M on an Rdv takes it, arrows carry it (five minutes, a column), Shift and
 * the arrows up and down make it shorter or longer, Enter says what changes, Escape puts it back. M works only while an
 * Rdv has the focus (WCAG 2.1.4). Where it would go is said aloud.
 */
import { ask } from "./agenda-dialog.js";
import { Ghost, STEP, columns, first, labelOf, last, read, said } from "./agenda-plane.js";

const status = document.getElementById("porte");
let carried = null;

function takeUp(card) {
  const start = read(card.dataset.starts);
  carried = { card, ghost: new Ghost(), column: card.closest("ol"), start, end: start + Number(card.dataset.minutes) };
  show("Flèches pour déplacer, Maj et flèches pour la durée, Entrée pour voir ce qui change, Échap pour remettre.");
}

function show(more = "") {
  const { ghost, column, start, end } = carried;
  ghost.show(column, start, end);
  status.textContent = `${labelOf(column)}, ${said(start)} à ${said(end)}. ${more}`;
}

function shift(minutes) {
  const { column, start, end } = carried;
  if (start + minutes < first(column) || end + minutes > last(column)) return;
  carried.start += minutes;
  carried.end += minutes;
}

function stretch(minutes) {
  const { column, start, end } = carried;
  if (end + minutes <= start || end + minutes > last(column)) return;
  carried.end += minutes;
}

function slide(step) {
  const all = columns();
  const next = all[all.indexOf(carried.column) + step];
  const home = carried.card.closest("ol").dataset.agent;
  if (next && ("solo" in carried.card.dataset || next.dataset.agent === home)) carried.column = next;
}

function putBack() {
  carried?.ghost.remove();
  carried = null;
  status.textContent = "";
}

function confirm() {
  const { card, ghost, column, start, end } = carried;
  carried = null;
  ask(card, { column, start, end }, () => {
    ghost.remove();
    status.textContent = "";
  });
}

const KEYS = {
  ArrowUp: () => shift(-STEP),
  ArrowDown: () => shift(STEP),
  ArrowLeft: () => slide(-1),
  ArrowRight: () => slide(1),
};
const SHIFTED = { ArrowUp: () => stretch(-STEP), ArrowDown: () => stretch(STEP) };

function whileCarried(event) {
  if (event.key === "Escape") putBack();
  else if (event.key === "Enter") confirm();
  else {
    const act = (event.shiftKey ? SHIFTED : KEYS)[event.key];
    if (!act) return event.key.startsWith("Arrow");
    act();
    show();
  }
  return true;
}

function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const card = document.activeElement?.closest("a[data-rdv][data-url]");
  const isDone = carried ? whileCarried(event) : card && event.key.toLowerCase() === "m" && !event.shiftKey;
  if (!isDone) return;
  if (!carried && card && event.key.toLowerCase() === "m") takeUp(card);
  event.preventDefault();
  event.stopPropagation();
}

if (status) {
  // Before agenda-keys.js, whose Shift and arrows change the week.
  document.addEventListener("keydown", onKey, { capture: true });
  document.addEventListener("focusout", (event) => carried && event.target === carried.card && putBack());
}

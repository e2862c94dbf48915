/**
 * Drag an Rdv to another hour, day or colleague; pull its lower edge to make it longer or shorter; drag over empty time to
 * create. A mouse drags at once; a finger holds still a moment first, so that the page still scrolls under it.
 * Each gesture ends in a dialog that says what changes: nothing is written here. The form twins: "Déplacer", "Début et
 * fin", the buttons above the grid. The keyboard twin: agenda-carry.js.
 */
import { ask, propose } from "./agenda-dialog.js";
import { Ghost, STEP, columnAt, columns, first, last, minuteAt, read } from "./agenda-plane.js";

const FAR = 5; // px before a press becomes a drag
const HOLD = 350; // ms that a finger stays before it takes hold
const SHORTEST = 15; // minutes: less is a click that trembled
const QUARTER = 15;

let gesture = null;

/* --- What each gesture does with a point --- */

class Move {
  constructor(card, event) {
    this.card = card;
    this.home = card.closest("ol");
    this.start = read(card.dataset.starts);
    this.length = Number(card.dataset.minutes);
    this.grab = minuteAt(this.home, event.clientY) - this.start;
    this.at = { column: this.home, start: this.start };
  }

  follow(event) {
    const column = this.column(event.clientX);
    const minute = minuteAt(column, event.clientY) - this.grab;
    const latest = last(column) - this.length;
    const start = Math.max(first(column), Math.min(Math.round(minute / STEP) * STEP, latest));
    // Dropped on its own line it keeps its own minute, even off the grid.
    this.at = { column, start: Math.abs(start - this.start) < STEP ? this.start : start };
    return { column, start: this.at.start, end: this.at.start + this.length };
  }

  /** A workshop or a binôme does not change hands by a drag. */
  column(x) {
    const found = columnAt(x);
    const keepsAgent = "solo" in this.card.dataset || found.dataset.agent === this.home.dataset.agent;
    return keepsAgent ? found : this.at.column;
  }

  finish(ghost) {
    const { column, start } = this.at;
    if (column === this.home && start === this.start) return ghost.remove();
    return ask(this.card, { column, start, end: start + this.length }, () => ghost.remove());
  }
}

class Resize {
  constructor(card) {
    this.card = card;
    this.column = card.closest("ol");
    this.start = read(card.dataset.starts);
    this.was = this.start + Number(card.dataset.minutes);
    this.end = this.was;
  }

  follow(event) {
    this.end = Math.max(this.start + STEP, minuteAt(this.column, event.clientY) + STEP);
    return { column: this.column, start: this.start, end: this.end };
  }

  finish(ghost) {
    if (this.end === this.was) return ghost.remove();
    return ask(this.card, { column: this.column, start: this.start, end: this.end }, () => ghost.remove());
  }
}

class Stretch {
  constructor(column, event, free) {
    this.column = column;
    this.free = free;
    this.from = minuteAt(column, event.clientY, QUARTER);
    this.range = [this.from, this.from];
  }

  follow(event) {
    const minute = minuteAt(this.column, event.clientY, QUARTER);
    this.range = [Math.min(this.from, minute), Math.max(this.from, minute) + QUARTER];
    return { column: this.column, start: this.range[0], end: this.range[1] };
  }

  finish(ghost) {
    const [start, end] = this.range;
    if (end - start < SHORTEST) return ghost.remove();
    const hole = this.free ? holeAt(this.free, start) : "";
    return propose({ column: this.column, start, end, hole }, () => ghost.remove());
  }
}

/* --- Free time: a click books at the quarter of an hour that was pointed at --- */

/** The console's address for this minute of the hole; its own beginning when the minute lies before. */
function holeAt(link, minute) {
  const url = new URL(link.href);
  const [instant, agent] = url.searchParams.get("trou").split(".");
  const begins = read(link.dataset.starts);
  const latest = begins + Number(link.dataset.minutes) - QUARTER;
  const later = Math.max(0, Math.min(minute, latest) - begins);
  url.searchParams.set("trou", `${Number(instant) + later * 60}.${agent}`);
  return url.pathname + url.search;
}

function book(event) {
  const link = event.target.closest("a.free[data-starts]");
  // Enter on a link is a click without a place: it books at the beginning of the hole.
  if (!link || event.detail === 0 || event.defaultPrevented) return;
  link.href = holeAt(link, minuteAt(link.closest("ol"), event.clientY, QUARTER));
}

/* --- From a press to a drag --- */

function begin(event) {
  if (gesture || event.button !== 0 || !event.isPrimary) return;
  const made = what(event);
  if (!made) return;
  gesture = { made, x: event.clientX, y: event.clientY, id: event.pointerId, ghost: new Ghost(), isOn: false };
  if (event.target.closest(".grip")) {
    event.preventDefault();
    take();
  } else if (event.pointerType !== "mouse") {
    gesture.timer = setTimeout(take, HOLD);
  }
}

function what(event) {
  const grip = event.target.closest(".grip");
  if (grip) return new Resize(grip.parentElement.querySelector("[data-rdv]"));
  const card = event.target.closest("a[data-rdv]");
  if (card) return new Move(card, event);
  const column = event.target.closest("ol[data-day]");
  const free = event.target.closest(".free");
  if (!column || (event.target.closest(".e") && !free)) return null;
  return column.dataset.plage || free?.dataset.starts ? new Stretch(column, event, free?.href ? free : null) : null;
}

function take() {
  if (!gesture) return;
  gesture.isOn = true;
  document.documentElement.classList.add("dragging");
}

function follow(event) {
  if (!gesture || event.pointerId !== gesture.id) return;
  const far = Math.hypot(event.clientX - gesture.x, event.clientY - gesture.y) > FAR;
  if (!gesture.isOn) {
    if (!far) return;
    if (event.pointerType !== "mouse") return drop(); // it scrolls
    take();
  }
  const { column, start, end } = gesture.made.follow(event);
  gesture.ghost.show(column, start, end);
  event.preventDefault();
}

function finish(event) {
  if (!gesture || event.pointerId !== gesture.id) return;
  const { made, ghost, isOn } = gesture;
  drop();
  if (!isOn) return;
  swallowClick();
  made.finish(ghost);
}

/** Ends the gesture; the ghost stays for the dialog when there is one. */
function drop() {
  if (!gesture) return;
  clearTimeout(gesture.timer);
  gesture = null;
  document.documentElement.classList.remove("dragging");
}

function cancel() {
  gesture?.ghost.remove();
  drop();
}

/** The click that follows a drag opens nothing. */
function swallowClick() {
  const swallow = (event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  document.addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => document.removeEventListener("click", swallow, { capture: true }), 50);
}

function addGrips() {
  for (const card of document.querySelectorAll("a[data-rdv][data-url]")) {
    const grip = document.createElement("span");
    grip.className = "grip np";
    grip.setAttribute("aria-hidden", "true");
    card.after(grip);
  }
}

const grid = document.querySelector(".wk");
if (grid && columns().length) {
  addGrips();
  grid.addEventListener("pointerdown", begin);
  document.addEventListener("pointermove", follow, { passive: false });
  document.addEventListener("pointerup", finish);
  document.addEventListener("pointercancel", cancel);
  grid.addEventListener("click", book);
  // Links would be dragged as addresses, and a long press would open a menu.
  grid.addEventListener("dragstart", (event) => event.preventDefault());
  grid.addEventListener("contextmenu", (event) => gesture && event.preventDefault());
  // A finger that holds an Rdv does not scroll the page.
  grid.addEventListener("touchmove", (event) => gesture?.isOn && event.preventDefault(), { passive: false });
  document.addEventListener("keydown", (event) => event.key === "Escape" && gesture && cancel());
}

/**
 * The grid of the agenda as a plane: which column and which minute a point is in, and a ghost that shows where a gesture
 * would lead. Everything is placed by the classes of grid.css: no inline style.
 *
 * A column is `<ol data-day data-agent data-first data-rows>`; a block that may move is `<a data-rdv ...>` in its `<li>`.
 */
export const STEP = 5;
export const HOUR = 60;

export const columns = () => [...document.querySelectorAll("ol[data-day]")];

/** Of the same kind as `column`: days of one agent (left and right change the day), or agents on one day. */
export function columnAt(x) {
  const all = columns();
  const found = all.find((column) => {
    const box = column.getBoundingClientRect();
    return x >= box.left && x < box.right;
  });
  if (found) return found;
  return all.length && x < all[0].getBoundingClientRect().left ? all[0] : all[all.length - 1];
}

export function first(column) {
  return Number(column.dataset.first);
}

export function last(column) {
  return first(column) + Number(column.dataset.rows) * STEP;
}

/** The minute of the day under this point, rounded down to `snap`, inside the hours shown. */
export function minuteAt(column, y, snap = STEP) {
  const box = column.getBoundingClientRect();
  const minutes = ((y - box.top) / box.height) * Number(column.dataset.rows) * STEP;
  const minute = first(column) + Math.floor(minutes / snap) * snap;
  return Math.min(Math.max(minute, first(column)), last(column) - snap);
}

/** 545 -> "09:05", as forms and addresses want it; the end of the day is its last minute. */
export function written(minute) {
  const kept = Math.min(minute, 24 * HOUR - 1);
  return `${String(Math.floor(kept / HOUR)).padStart(2, "0")}:${String(kept % HOUR).padStart(2, "0")}`;
}

/** "09:05" -> 545 */
export function read(text) {
  const [hours, minutes] = text.split(":").map(Number);
  return hours * HOUR + minutes;
}

/** 9:05, as people read it. */
export function said(minute) {
  return written(minute).replace(/^0/, "");
}

export function labelOf(column) {
  return column.closest("section").querySelector("h3").dataset.label;
}

export class Ghost {
  constructor() {
    this.item = document.createElement("li");
    this.item.setAttribute("aria-hidden", "true");
    this.box = document.createElement("div");
    this.box.className = "e ghost";
    this.item.append(this.box);
  }

  show(column, start, end) {
    const row = Math.round((start - first(column)) / STEP);
    const span = Math.max(1, Math.round((end - start) / STEP));
    this.item.className = `r${row} s${span} k1of1`;
    this.box.textContent = `${said(start)} – ${said(end)}`;
    if (this.item.parentElement !== column) column.append(this.item);
  }

  remove() {
    this.item.remove();
  }
}

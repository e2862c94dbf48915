/**
 * The two dialogs of the agenda: what a moved Rdv changes (asked to the server, which knows), and what to create in an
 * empty stretch. Closed without confirming, everything stands as before.
 */
import { labelOf, said, written } from "./agenda-plane.js";

const FOCUS = "agenda-focus";
const BROKEN = "La plateforme n’a pas pu répondre. Rien n’a changé : réessayez dans un instant.";
const change = document.getElementById("changer");
const create = document.getElementById("creer");

function whenClosed(dialog, then) {
  dialog.addEventListener("close", then, { once: true });
}

function wait(dialog) {
  const words = document.createElement("p");
  words.textContent = "Nous regardons si l’heure est libre…";
  dialog.querySelector("#geste").replaceChildren(words);
}

function fail() {
  const words = document.createElement("p");
  words.className = "note b";
  words.setAttribute("role", "alert");
  words.textContent = BROKEN;
  change.querySelector("#geste").replaceChildren(words);
}

/** The page to go to instead of the dialog, where the browser knows no dialog. */
function address(card, { column, start, end }) {
  const asked = new URLSearchParams({
    day: column.dataset.day,
    hour: written(start),
    ends: written(end),
    version: card.dataset.version,
    retour: column.dataset.place,
  });
  if (column.dataset.agent !== card.closest("ol").dataset.agent) {
    asked.set("who", `${card.dataset.site}:${column.dataset.agent}`);
  }
  return `${card.dataset.url}?${asked}`;
}

/** `then` puts the ghost away: called when the dialog closes, whatever was decided. */
export function ask(card, target, then) {
  const url = address(card, target);
  if (!change || !change.showModal || !window.htmx) {
    window.location.assign(url);
    return;
  }
  wait(change);
  change.querySelector("[data-more]").href = `${card.dataset.move}?retour=${target.column.dataset.place}`;
  whenClosed(change, () => {
    then();
    card.focus();
  });
  sessionStorage.setItem(FOCUS, card.dataset.rdv);
  change.showModal();
  window.htmx.ajax("GET", url, { source: change, target: "#geste", swap: "outerHTML" });
}

/** `hole`: the address of the console when the stretch begins in free time. */
export function propose({ column, start, end, hole }, then) {
  const { plage, absence } = column.dataset;
  if (!create || !create.showModal || !(plage || hole)) {
    then();
    return;
  }
  const { day: jour, place: retour } = column.dataset;
  const hours = new URLSearchParams({ jour, de: written(start), a: written(end), retour });
  create.querySelector("[data-when]").textContent = `${labelOf(column)}, ${said(start)} à ${said(end)}`;
  for (const [name, url] of Object.entries({ plage, absence })) {
    const link = create.querySelector(`[data-create=${name}]`);
    link.closest("li").hidden = !url;
    if (url) link.href = `${url}?${hours}`;
  }
  const book = create.querySelector("[data-create=rdv]");
  book.closest("li").hidden = !hole;
  if (hole) book.href = hole;
  whenClosed(create, then);
  create.showModal();
}

function onSwap() {
  if (!change.open) return;
  // The button that confirms; when something stands in the way, the one that puts it back.
  (change.querySelector("#geste [data-final]") ?? change.querySelector("[data-close]")).focus();
}

/** The card that a gesture moved, or the Rdv just booked from a hole. */
function findAgain() {
  const kept = sessionStorage.getItem(FOCUS);
  sessionStorage.removeItem(FOCUS);
  const uuid = /^#rdv-([0-9a-f-]{36})$/.exec(window.location.hash)?.[1] ?? kept;
  if (uuid) document.querySelector(`[data-rdv='${CSS.escape(uuid)}']`)?.focus();
}

for (const dialog of [change, create]) {
  dialog?.addEventListener("click", (event) => {
    // Outside of its panel, or on its "close".
    if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
  });
}
change?.addEventListener("htmx:afterSwap", onSwap);
// Who waits for me is asked twice a minute; not while a reason is being typed, since its answer may be the sign-in page.
document.addEventListener("htmx:confirm", (event) => {
  if (event.target.id === "pour-moi" && document.querySelector("dialog[open]")) event.preventDefault();
});
for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) change?.addEventListener(name, fail);
findAgain();

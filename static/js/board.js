/**
 * The day board (look-backoffice.md, 02). Without it everything works by links and forms.
 *
 *   F2            the box "Une personne arrive"; Enter there notes the arrival
 *   A, N          arrived, absent: only while a card has the focus (WCAG 2.1.4)
 *   F8            somebody without an appointment
 *   Escape        closes the Rdv beside, back to its card
 *
 * The board reads itself again twice a minute, only while it is looked at and nothing is being typed: focus, scroll
 * and box stay as they are (htmx gives the focus back by id; the scroll of the columns is put back here).
 */
const EVERY = 30_000;
const LETTERS = { a: "arrive", n: "absent" };
const SWAP = { target: "#journee", swap: "outerHTML show:none" };

let scroll = { left: 0, top: 0 };
let anchor = null; // what has the focus, and how high it stands on the screen
let shown = region()?.dataset.rdv;
let stays = false; // the board reads itself again, or a letter was pressed on a card: the focus stays where it is

function region() {
  return document.getElementById("journee");
}

/* --- Read again --- */

function isBusy() {
  const active = document.activeElement;
  const typed = document.getElementById("arq")?.value;
  const held = document.getElementById("refus"); // what somebody is being told stays until they have read it
  return document.hidden || held || typed || active?.closest("#journee select") || document.querySelector(".htmx-request");
}

async function readAgain() {
  const now = region();
  if (!now || isBusy()) return;
  const separator = now.dataset.url.includes("?") ? "&" : "?";
  const headers = { "HX-Request": "true", "HX-Current-URL": location.href, "X-Refresh": "1" };
  const answer = await fetch(`${now.dataset.url}${separator}marque=${now.dataset.mark}`, { headers }).catch(() => null);
  if (!answer) return sayBroken("offline");
  const elsewhere = answer.headers.get("HX-Redirect"); // the session is over
  if (elsewhere) return location.assign(elsewhere);
  if (answer.status >= 400) return sayBroken(answer.status === 404 ? "closed" : "broken"); // an old board never stays without a word
  const html = await answer.text();
  // Something was done meanwhile: its own answer is newer.
  if (answer.status !== 200 || region() !== now || isBusy()) return;
  keepPlace();
  stays = true;
  window.htmx.swap(now, html, { swapStyle: "outerHTML", swapDelay: 0, settleDelay: 0 });
}

setInterval(readAgain, EVERY);
document.addEventListener("visibilitychange", readAgain);

/* --- The place is kept --- */

function keepPlace() {
  const box = document.getElementById("colonnes");
  if (box) scroll = { left: box.scrollLeft, top: box.scrollTop };
  const active = document.activeElement;
  anchor = region()?.contains(active) && active.id ? { id: active.id, top: active.getBoundingClientRect().top } : null;
  document.getElementById("coupure").hidden = true;
}

document.addEventListener("htmx:beforeSwap", keepPlace);

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "journee") return;
  const box = document.getElementById("colonnes");
  if (box) box.scrollTo({ ...scroll, behavior: "instant" });
  const held = stays && anchor && document.getElementById(anchor.id);
  if (held) window.scrollBy({ top: held.getBoundingClientRect().top - anchor.top, behavior: "instant" });
  showPrint();
  const now = region();
  const refusal = document.getElementById("refus");
  if (refusal) refusal.focus();
  else if (!stays && now.dataset.rdv && now.dataset.rdv !== shown && !isTyping()) openBeside();
  shown = now.dataset.rdv;
  stays = false;
});

function isTyping() {
  return document.activeElement?.id === "arq" || document.activeElement?.matches("button");
}

/** By the keyboard or the pointer, an Rdv that opens takes the focus: its gestures follow. */
function openBeside() {
  const beside = document.getElementById("choisi");
  beside?.focus({ preventScroll: true });
  beside?.scrollIntoView({ block: "nearest" });
}

/* --- Keys --- */

function byLetter(event) {
  const card = event.target.closest(".ev[data-participation]");
  const gesture = LETTERS[event.key.toLowerCase()];
  if (!card || !gesture || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return false;
  const values = { participation: card.dataset.participation, vu: card.dataset.seen, geste: gesture, date: region().dataset.day };
  if (region().dataset.site) values.site = region().dataset.site;
  stays = true;
  window.htmx.ajax("POST", region().dataset.gesture, { ...SWAP, source: card, values });
  return true;
}

function byFunctionKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey) return false;
  if (event.key === "F2") {
    const box = document.getElementById("arq");
    box.focus();
    box.select();
    return true;
  }
  if (event.key !== "F8") return false;
  document.getElementById("sans-rdv").click();
  return true;
}

function close() {
  const way = region()?.querySelector("[data-close]");
  if (!way) return false;
  const key = region().dataset.rdv.replaceAll("-", "").slice(0, 12);
  document.querySelector(`.ev[id$='-${key}']`)?.focus();
  way.click();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || !region()) return;
  if ((event.key === "Escape" && !document.getElementById("arq")?.value && close()) || byFunctionKey(event) || byLetter(event)) event.preventDefault();
});

/* --- Choices and print --- */

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.hasAttribute("data-submit-on-choice")) form.requestSubmit();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

function showPrint() {
  for (const button of document.querySelectorAll("[data-print]")) button.hidden = false;
}

/* --- Connection --- */

function sayBroken(name) {
  stays = false;
  const note = document.getElementById("coupure");
  note.textContent = note.dataset[name];
  note.hidden = false;
}

document.addEventListener("htmx:sendError", () => sayBroken("offline"));
document.addEventListener("htmx:responseError", () => sayBroken("broken"));

showPrint();
// At a desk the next person is waited for; on a phone a keyboard would hide the page.
if (region() && !shown && window.matchMedia("(min-width: 62rem)").matches) document.getElementById("arq").focus({ preventScroll: true });

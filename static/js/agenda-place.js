/**
 * Back from a form where nothing was changed, the agenda is scrolled as it was and the link that led away has the focus.
 * Such an address ends with #ici; without script, one comes back to the same view and day, at the top.
 */
const KEY = "agenda-place";
const HERE = "#ici";
const place = document.querySelector("[data-agenda]")?.dataset.agenda;

function linkOf(href) {
  return [...document.querySelectorAll("main a[href]")].find((link) => link.getAttribute("href") === href);
}

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null; // written by something else: as if nothing were kept
  }
}

window.addEventListener("pagehide", () => {
  const href = document.activeElement?.closest("main a[href]")?.getAttribute("href") ?? "";
  sessionStorage.setItem(KEY, JSON.stringify({ place, href, top: window.scrollY }));
});

if (window.location.hash === HERE) {
  const kept = read();
  if (kept?.place === place) {
    linkOf(kept.href)?.focus({ preventScroll: true });
    window.scrollTo({ top: kept.top, behavior: "instant" });
  }
  window.history.replaceState(null, "", window.location.pathname + window.location.search);
}

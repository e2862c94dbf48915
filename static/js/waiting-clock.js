/**
 * How long each held hour still is, in words and as a bar. The server wrote the words first: without this script they
 * are those of the moment the page was read. Never said aloud: a screen reader reads them when it comes by.
 */
const NBSP = "\u00a0";
// A wrong clock on the post changes nothing: the first words come from the server, so its minutes are the reference.
const opened = Date.now();

function words(minutes) {
  if (minutes <= 0) return "terminé";
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  return hours ? `encore ${hours}${NBSP}h${NBSP}${String(rest).padStart(2, "0")}` : `encore ${rest}${NBSP}min`;
}

function tick() {
  const gone = (Date.now() - opened) / 1000;
  for (const shown of document.querySelectorAll("[data-seconds]")) {
    const minutes = Math.floor((Number(shown.dataset.seconds) - gone) / 60);
    if (minutes < 24 * 60) shown.textContent = words(minutes); // beyond a day the page says when it ends
  }
  for (const bar of document.querySelectorAll("progress[data-seconds-bar]")) {
    bar.value = Math.max(0, (Number(bar.dataset.secondsBar) - gone) / 60);
  }
}

setInterval(tick, 5000);

/**
 * Two clocks of the console: how long the call has lasted, and how long the hour is held.
 * Both start from seconds that the server gave: a wrong clock on the post changes nothing.
 * A screen reader hears the hold at 5, 2 and 1 minute and at its end, never each second.
 */
const SAID_AT = new Set([300, 120, 60]);

let call = null;
let held = null;

function twoDigits(number) {
  return String(number).padStart(2, "0");
}

function say(text) {
  const region = document.getElementById("annonce");
  if (region) region.textContent = text;
}

function read() {
  const elapsed = document.getElementById("console")?.dataset.elapsed;
  call = elapsed ? Date.now() - Number(elapsed) * 1000 : null;
  const hold = document.querySelector("[data-hold]");
  const seconds = Number(hold?.dataset.secondsLeft ?? 0);
  held = seconds > 0 ? { hold, end: Date.now() + seconds * 1000, last: null } : null;
  tick();
}

function tickCall() {
  const shown = document.querySelector("[data-call]");
  if (!shown) return;
  shown.hidden = call === null;
  if (call === null) return;
  const seconds = Math.max(0, Math.round((Date.now() - call) / 1000));
  shown.querySelector("[data-call-time]").textContent = `${Math.floor(seconds / 60)}:${twoDigits(seconds % 60)}`;
}

function tickHold() {
  if (!held?.hold.isConnected) return;
  const seconds = Math.max(0, Math.round((held.end - Date.now()) / 1000));
  if (seconds === held.last) return;
  held.last = seconds;
  const words = held.hold.querySelector("[data-hold-words]");
  const minutes = Math.floor(seconds / 60);
  words.textContent = minutes ? `Place tenue ${minutes} min ${twoDigits(seconds % 60)}` : `Place tenue ${seconds} s`;
  if (SAID_AT.has(seconds)) say(`La place est tenue encore ${minutes} minute${minutes > 1 ? "s" : ""}.`);
  if (seconds === 0) end(words);
}

/** The choice, the note and the words stay; only the free hours are asked again. */
function end(words) {
  held.hold.classList.replace("h", "w");
  held = null;
  const text = "La place n’est plus tenue. Vous pouvez confirmer si personne ne l’a prise.";
  words.textContent = text;
  say(text);
  if (document.getElementById("heures")) {
    window.htmx.ajax("GET", window.location.href, { target: "#heures", select: "#heures", swap: "outerHTML" });
  }
}

function tick() {
  tickCall();
  tickHold();
}

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "console") read();
});
setInterval(tick, 1000);
read();

/**
 * The time left on a held créneau (components/_clock.html): the words and the bar move once a minute; a screen
 * reader hears it at 5, 2 and 1 minute, and at the end. The count starts from the seconds the server gave, so that
 * a wrong clock on the device changes nothing.
 */
const SAID_AT = new Set([5, 2, 1]);

function words(clock, minutes, seconds) {
  if (seconds <= 0) return clock.dataset.over;
  if (seconds < 60) return clock.dataset.less;
  return minutes === 1 ? clock.dataset.one : clock.dataset.many.replace("{n}", minutes);
}

function start(clock) {
  const end = Date.now() + Number(clock.dataset.secondsLeft) * 1000;
  const left = clock.querySelector("[data-clock-left]");
  const said = clock.querySelector("[data-clock-said]");
  const bar = clock.querySelector("progress");
  let shown = null;

  function tick() {
    const seconds = Math.max(0, Math.round((end - Date.now()) / 1000));
    const minutes = Math.floor(seconds / 60);
    const text = words(clock, minutes, seconds);
    if (text === shown) return seconds;
    const isFirst = shown === null;
    shown = text;
    left.textContent = text;
    bar.value = seconds / 60;
    if (!isFirst && (seconds === 0 || SAID_AT.has(minutes))) said.textContent = text;
    if (seconds === 0) clock.dataset.isOver = "1";
    return seconds;
  }

  tick();
  const timer = setInterval(() => {
    if (tick() === 0) clearInterval(timer);
  }, 1000);
}

for (const clock of document.querySelectorAll("[data-clock]")) start(clock);

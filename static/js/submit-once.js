/**
 * A second press on a submit button while the first one travels is ignored. The button stays reachable and keeps
 * its name and value (a disabled button would lose both); the server remains the judge of doubles.
 * Coming back to the page (history, back-forward cache) or a long wait opens the form again: nobody is ever blocked.
 */
const LONG_WAIT = 10_000;

function release(form) {
  delete form.dataset.sent;
  form.removeAttribute("aria-busy");
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  // Reading a page twice harms nobody, and htmx keeps its own order.
  if (form.method !== "post" || event.defaultPrevented || form.closest("[hx-post], [data-hx-post]")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  form.setAttribute("aria-busy", "true");
  setTimeout(() => release(form), LONG_WAIT);
});

window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) release(form);
});

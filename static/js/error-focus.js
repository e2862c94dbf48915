/**
 * The summary of what is missing takes the focus, on a full page and when htmx brings it.
 * Its links go to the control and select nothing: what was typed stays as it is.
 */
function focusSummary(root) {
  const summary = root.querySelector("[data-focus]");
  if (summary) summary.focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest('[data-focus] a[href^="#"]');
  const control = link && document.getElementById(link.hash.slice(1));
  if (!control) return;
  event.preventDefault();
  control.focus();
  control.scrollIntoView({ block: "center" });
});

document.addEventListener("htmx:afterSettle", (event) => focusSummary(event.target));
focusSummary(document);

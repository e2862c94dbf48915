/**
 * Ctrl+Enter presses the final button of the page, Escape goes back. Everything works without it, and the server checks
 * that what is saved is what was shown.
 */
const form = document.querySelector("form[data-planning]");

if (form) {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.ctrlKey) {
      event.preventDefault();
      form.querySelector("[data-final]").click();
    } else if (event.key === "Escape" && !event.defaultPrevented) {
      form.querySelector("[data-back]").click();
    }
  });
}

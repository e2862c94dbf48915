/**
 * The button of a series names what it takes: "Prendre les 8 rendez-vous", counted again at each tick.
 * Without script the number is the one of the page as it came, and the page says that only what is ticked is taken.
 */
const form = document.querySelector("[data-series]");

function name() {
  const count = form.querySelectorAll("[name=garder]:checked").length;
  const button = form.querySelector("[data-final]");
  const { one, many, none } = button.dataset;
  const words = count > 1 ? many.replace("#", count) : count === 1 ? one : none;
  button.querySelector("[data-count]").textContent = words;
}

form?.addEventListener("change", name);
// Coming back to the page, the browser ticks again what was ticked.
window.addEventListener("pageshow", () => form && name());

/**
 * À renseigner: T (in the table) and its button tick "Vu" on the rows without an answer; Ctrl+Enter saves; the count
 * follows. The first row has the focus at once: Tab goes from row to row. Without this script the button asks the server to tick, and nothing else is lost.
 */
const form = document.querySelector("form[data-filling]");

function groups() {
  return [...form.querySelectorAll("fieldset.seg")];
}

function isFilled(group) {
  return group.querySelector("input:checked") !== null;
}

function say() {
  const all = groups();
  const filled = all.filter(isFilled).length;
  form.querySelector("[data-count]").textContent = `${filled} sur ${all.length} coché${filled > 1 ? "s" : ""}`;
}

function tickTheRest() {
  for (const group of groups().filter((one) => !isFilled(one))) group.querySelector("input").checked = true;
  say();
}

if (form) {
  form.querySelector("[data-rest]").addEventListener("click", (event) => {
    event.preventDefault();
    tickTheRest();
    form.querySelector("[data-final]").focus();
  });
  form.addEventListener("change", say);
  form.addEventListener("keydown", (event) => {
    const isPlain = !event.ctrlKey && !event.altKey && !event.metaKey;
    if (isPlain && event.key.toLowerCase() === "t" && event.target.closest(".tw")) {
      event.preventDefault();
      tickTheRest();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.ctrlKey || event.target.closest("form:not([data-filling])")) return;
    event.preventDefault();
    form.requestSubmit(form.querySelector("[data-final]"));
  });
  say();
  form.querySelector("fieldset.seg input:checked, fieldset.seg input")?.focus();
}

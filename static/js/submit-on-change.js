/**
 * A list marked `data-submit-on-change` sends its form when a choice is made. Without script a button does it.
 * With the keyboard the choice is made by leaving the list or by Enter, not at each arrow (WCAG 3.2.2).
 */
for (const list of document.querySelectorAll("select[data-submit-on-change]")) {
  const first = list.value;
  let isTyping = false;
  const send = () => {
    if (list.value !== first) list.form.requestSubmit();
  };
  list.addEventListener("keydown", (event) => {
    if (event.key === "Enter") send();
    else isTyping = event.key !== "Tab";
  });
  list.addEventListener("pointerdown", () => {
    isTyping = false;
  });
  list.addEventListener("change", () => {
    if (!isTyping) send();
  });
  list.addEventListener("blur", send);
}

/** A button under each new password, to see what is typed. Without this script the field works as usual. */
function addReveal(field) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "lk";
  button.textContent = "Montrer le mot de passe";
  button.setAttribute("aria-controls", field.id);
  button.addEventListener("click", () => {
    const isShown = field.type === "text";
    field.type = isShown ? "password" : "text";
    button.textContent = isShown ? "Montrer le mot de passe" : "Cacher le mot de passe";
  });
  field.after(button);
  // Sent hidden again: the browser then offers to keep it, and no history of text fields does.
  field.form.addEventListener("submit", () => {
    field.type = "password";
  });
}

for (const field of document.querySelectorAll('input[type="password"][autocomplete="new-password"]')) addReveal(field);

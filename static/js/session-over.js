/**
 * The session closed while a form is being filled: what the page asks by itself (its preview) finds nobody, and it is said
 * once, above the button that one is going to press. Nothing is taken away: the form stays, and what is sent from it is
 * kept while the person signs in.
 */
const WORDS =
  "Votre session s’est fermée. Ce que vous avez écrit reste ici : continuez, puis envoyez. Nous vous demanderons votre mot de passe, et rien ne sera perdu.";
const ID = "session-fermee";

document.addEventListener("session-over", (event) => {
  if (document.getElementById(ID)) return;
  const note = document.createElement("p");
  note.id = ID;
  note.className = "note w fr-mb-1w";
  note.setAttribute("role", "alert");
  note.textContent = WORDS;
  const final = event.target.closest("form")?.querySelector("[data-final]");
  if (final) (final.closest("p") ?? final).before(note);
  else document.getElementById("contenu").prepend(note);
});

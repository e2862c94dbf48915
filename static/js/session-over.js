/**
 * The session closed while a form is being filled: what the page asks by itself (its preview) finds nobody, and says so
 * once. Nothing is taken away: the form stays, and what is sent from it is kept while the person signs in.
 */
const WORDS =
  "Votre session s’est fermée. Ce que vous avez écrit reste ici : continuez, puis envoyez. Nous vous demanderons votre mot de passe, et rien ne sera perdu.";
const ID = "session-fermee";

document.addEventListener("session-over", () => {
  if (document.getElementById(ID)) return;
  const note = document.createElement("p");
  note.id = ID;
  note.className = "note w fr-mb-1w";
  note.setAttribute("role", "alert");
  note.textContent = WORDS;
  document.getElementById("contenu").prepend(note);
});

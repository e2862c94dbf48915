/**
 * Moving the focus in two directions: in the table of free hours (templates/rdv/console/_tableau.html), or among pills.
 */

// How much a step aside costs, against a step forward: the next hour of the line before one of another line.
const ASIDE = 9;

function centre(element) {
  const box = element.parentElement.getBoundingClientRect();
  return [box.left + box.width / 2, box.top + box.height / 2];
}

export function moveInTable(from, direction) {
  moveAmong(from.form.querySelectorAll("input[type=radio]"), from, direction);
}

/** To the nearest of `controls` that way, as the eye sees them. */
export function moveAmong(controls, from, [dx, dy]) {
  const [x, y] = centre(from);
  let nearest = null;
  let least = Infinity;
  for (const control of controls) {
    const [left, top] = centre(control);
    const ahead = (left - x) * dx + (top - y) * dy;
    const aside = Math.abs((left - x) * dy) + Math.abs((top - y) * dx);
    if (ahead > 4 && ahead + aside * ASIDE < least) {
      least = ahead + aside * ASIDE;
      nearest = control;
    }
  }
  nearest?.focus();
}

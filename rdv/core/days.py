"""Days that a form may take. Room: core. Called by the forms of every app.

"27/11/26" typed in a native date control is the year 26: it is asked again rather than kept.
"""

import datetime as dt

from django.core.validators import MaxValueValidator, MinValueValidator

_UNLIKELY = "Écrivez l’année avec 4\u00a0chiffres, par exemple 2027."
# Far enough from the ends of the calendar for days and hours to be added.
PLAUSIBLE_DAY = (
    MinValueValidator(dt.date(2000, 1, 1), _UNLIKELY),
    MaxValueValidator(dt.date(2199, 12, 31), _UNLIKELY),
)

"""The rights of every address. A new URL without its row here fails tests/rights/test_matrix.py."""

from tests.rights.rows_absent import ROWS as ABSENT
from tests.rights.rows_agenda import ROWS as AGENDA
from tests.rights.rows_board import ROWS as BOARD
from tests.rights.rows_console import ROWS as CONSOLE
from tests.rights.rows_exports import ROWS as EXPORTS
from tests.rights.rows_files import ROWS as FILES
from tests.rights.rows_institution import ROWS as INSTITUTION
from tests.rights.rows_public import ROWS as PUBLIC
from tests.rights.rows_series import ROWS as SERIES
from tests.rights.rows_waiting import ROWS as WAITING
from tests.rights.rows_waiting_public import ROWS as WAITING_PUBLIC

ASKS = [
    *INSTITUTION,
    *CONSOLE,
    *AGENDA,
    *BOARD,
    *PUBLIC,
    *WAITING,
    *WAITING_PUBLIC,
    *EXPORTS,
    *ABSENT,
    *FILES,
    *SERIES,
]
PAGES = [ask for ask in ASKS if ask.viewer]

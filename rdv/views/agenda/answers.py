"""Does the person come, in an icon and a few words: the same on every screen of the back-office, never colour alone.

Room: views. Called by the agenda, the day board and the page of an Rdv.
"""

from collections.abc import Mapping

from rdv.services.confirmed import Answer

WORDS: Mapping[Answer, str] = {Answer.COMES: "a confirmé", Answer.SILENT: "pas encore répondu"}
ICONS: Mapping[Answer, str] = {Answer.COMES: "check", Answer.SILENT: "message"}


def counted(answers: list[Answer]) -> str:
    """For a workshop: 5 ont confirmé."""
    count = sum(one is Answer.COMES for one in answers)
    if not count:
        return ""
    return "1 a confirmé" if count == 1 else f"{count} ont confirmé"

"""What an administrator answers when a role ends. Room: forms. Called by rdv/views/leaving."""

from typing import Any

from django import forms

from agents.models import Affectation, Role

NONE = "Aucun : cette personne ne travaille plus sur ce site"


class RoleEndForm(forms.Form):
    """`next_role`: the one held on the same site from today on."""

    next_role = forms.ChoiceField(
        label="Son nouveau rôle sur ce site",
        required=False,
        help_text="Avec un rôle qui a un agenda, ses ouvertures restent.",
        error_messages={"invalid_choice": "Choisissez un rôle de la liste."},
    )

    def __init__(self, *args: Any, affectation: Affectation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if affectation.site_id is None:
            del self.fields["next_role"]
            return
        others = [(role.value, role.label) for role in Role if role not in (Role.ADMIN, affectation.role)]
        self.fields["next_role"].choices = [("", NONE), *others]  # type: ignore[attr-defined]  # a ChoiceField, declared above

    @property
    def chosen(self) -> Role | None:
        typed = self.cleaned_data.get("next_role")
        return Role(typed) if typed else None

"""Form fields in templates: what components/_field.html and components/_error_summary.html need to know.

Room: templates. Django ties the label, the hint (`<id>_helptext`) and the error (`<id>_error`) to the control by
`aria-describedby`; here the DSFR classes are added and the shape of the field is named.
"""

from dataclasses import dataclass

from django import forms, template
from django.forms import BaseForm, BoundField
from django.utils.safestring import SafeString

register = template.Library()


@dataclass(frozen=True)
class Part:
    """One control of a field made of several (day, month, year)."""

    label: str
    id: str
    html: SafeString


@dataclass(frozen=True)
class ErrorLine:
    anchor: str
    message: str


@register.filter
def field_shape(field: BoundField) -> str:
    """hidden, checkbox, choices (radios or boxes), parts (several controls), select or input."""
    widget = field.field.widget
    if widget.is_hidden:
        return "hidden"
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "choices"
    if isinstance(widget, forms.MultiWidget):
        return "parts"
    if isinstance(widget, forms.CheckboxInput):
        return "checkbox"
    return "select" if isinstance(widget, forms.Select) else "input"


@register.filter
def choice_kind(field: BoundField) -> str:
    """checkbox or radio, for the class of each choice."""
    return "checkbox" if isinstance(field.field.widget, forms.CheckboxSelectMultiple) else "radio"


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """The control itself, with its DSFR class added to those of the widget."""
    added = {"input": "fr-input", "select": "fr-select"}.get(field_shape(field), "")
    classes = " ".join(filter(None, [added, field.field.widget.attrs.get("class", "")]))
    return field.as_widget(attrs={"class": classes} if classes else {})


@register.filter
def parts(field: BoundField) -> list[Part]:
    """The controls of a MultiWidget. Its `part_labels` names them, in order."""
    widget = field.field.widget
    attrs = field.build_widget_attrs({"id": field.auto_id, "class": "fr-input"})
    # "required" is said by the legend: each part alone may be left to the form, which says what is missing.
    attrs.pop("required", None)
    subwidgets = widget.get_context(field.html_name, field.value(), attrs)["widget"]["subwidgets"]
    labels = widget.part_labels
    render = field.form.renderer.render
    return [
        Part(label=label, id=sub["attrs"]["id"], html=SafeString(render(sub["template_name"], {"widget": sub})))
        for label, sub in zip(labels, subwidgets, strict=True)
    ]


def anchor_of(field: BoundField) -> str:
    """The id to go to: the first control when there are several."""
    return f"{field.auto_id}_0" if field_shape(field) in {"choices", "parts"} else field.id_for_label


@register.filter
def error_lines(form: BaseForm) -> list[ErrorLine]:
    """The errors of a form in the order of its fields, those of the whole form first (no anchor)."""
    lines = [ErrorLine(anchor="", message=str(message)) for message in form.non_field_errors()]
    for field in form:
        lines += [ErrorLine(anchor=anchor_of(field), message=str(message)) for message in field.errors]
    return lines

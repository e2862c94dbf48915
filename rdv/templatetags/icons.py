"""Icons: two sets drawn for the platform, put in the page itself, always beside a word.

Room: templates. `{% icon "phone" %}` is the public set (24 px), `{% picto "phone" %}` the back-office set (16 px).
They are hidden from assistive technology: the word beside them speaks. Each is written once per process.
"""

from functools import cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

PUBLIC = {
    "arrow-right": "M5 12h14M13 6l6 6-6 6",
    "bell": "M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15zM10 20.5a2.2 2.2 0 0 0 4 0",
    "bus": "M7 4h10a2.5 2.5 0 0 1 2.5 2.5V17h-15V6.5A2.5 2.5 0 0 1 7 4zM4.5 11.5h15M8 14.3h.01M16 14.3h.01"
    "M7.5 17v2.5M16.5 17v2.5",
    "calendar": "M6 5h12a2.5 2.5 0 0 1 2.5 2.5v10A2.5 2.5 0 0 1 18 20H6a2.5 2.5 0 0 1-2.5-2.5v-10A2.5 2.5 0 0 1 "
    "6 5zM3.5 10h17M8 2.5v4M16 2.5v4",
    "check": "M5 12.5l4.5 4.5L19 7.5",
    "chevron-down": "M6 9l6 6 6-6",
    "chevron-left": "M15 6l-6 6 6 6",
    "chevron-right": "M9 6l6 6-6 6",
    "child": "M12 5a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 5c-.3-1.7 1-2.7 2.5-2.2M9 12h.01M15 12h.01"
    "M9.3 15.5a3.6 3.6 0 0 0 5.4 0",
    "clock": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3.5 2",
    "cross": "M6 6l12 12M18 6 6 18",
    "document": "M6 3.5h8l4.5 4.5v12.5H6zM14 3.5V8h4.5M9 13h6M9 16.5h6",
    "euro": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM15.5 9a4 4 0 1 0 0 6M7.5 11h5M7.5 13.5h4.5",
    "group": "M9 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM3.5 19c0-3.3 2.5-5.5 5.5-5.5s5.5 2.2 5.5 5.5"
    "M16.5 7.2a2.3 2.3 0 1 1 0 4.6M17 14c2.1.2 3.5 1.9 3.5 4.2",
    "heart": "M12 20s-7.5-4.6-7.5-10A4.2 4.2 0 0 1 12 7.4 4.2 4.2 0 0 1 19.5 10c0 5.4-7.5 10-7.5 10z",
    "home": "M3.5 11.5 12 4.5l8.5 7M6 10v9.5h12V10M10 19.5v-5h4v5",
    "language": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c3.2 3 3.2 15 0 18M12 3c-3.2 3-3.2 15 0 18",
    "mail": "M4 6h16v12H4zM4 7l8 6 8-6",
    "message": "M4 5.5h16v11H10l-4 3.5v-3.5H4z",
    "morning": "M3 18.5h18M7 18.5a5 5 0 0 1 10 0M12 6v3.5M4.8 11.3l2 1.6M19.2 11.3l-2 1.6",
    "move": "M4 9h13M13.5 5.5 17 9l-3.5 3.5M20 15.5H7M10.5 12 7 15.5l3.5 3.5",
    "person": "M12 4a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM5 20c0-3.5 3-6 7-6s7 2.5 7 6",
    "phone": "M6.6 3.5 9 4l1.2 4-2 1.6a12 12 0 0 0 6.2 6.2l1.6-2 4 1.2.5 2.4a2 2 0 0 1-1.9 2.4C10.9 20.1 3.9 "
    "13.1 4.2 5.4a2 2 0 0 1 2.4-1.9z",
    "place": "M12 21s7-6.2 7-11.5a7 7 0 0 0-14 0C5 14.8 12 21 12 21zM12 7a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
    "question": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9.5 9.5a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8M12 16.8h.01",
    "sun": "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4"
    "M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4",
    "warning": "M12 3.5 2.8 19.5h18.4zM12 10v4.5M12 17h.01",
    "wheelchair": "M11 3a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3zM11 8.5V14h5l2.5 5M11 10.5h4.5M8.7 11.3A5 5 0 1 0 15.5 18",
}
# These point somewhere: right-to-left pages mirror them (class i-sens).
DIRECTIONAL = frozenset({"arrow-right", "chevron-left", "chevron-right"})

BACKOFFICE = {
    "arrived": '<path d="M9 2.5h4v11H9M2 8h7M6.5 5 9.5 8l-3 3"/>',
    "back": '<path d="M6 4 2.5 7.5 6 11M3 7.5h6.5a4 4 0 0 1 0 6"/>',
    "camera": '<rect x="1.5" y="4" width="9" height="8" rx="1"/><path d="m10.5 7 4-2v6l-4-2"/>',
    "car": '<path d="M2 11V8.5L3.5 5h9L14 8.5V11M2 11h12M2 8.5h12"/><circle cx="4.8" cy="11.8" r="1.3"/>'
    '<circle cx="11.2" cy="11.8" r="1.3"/>',
    "check": '<path d="M3 8.5 6.5 12 13 4.5"/>',
    "clock": '<circle cx="8" cy="8" r="6"/><path d="M8 4.5V8l2.5 1.5"/>',
    "cross": '<path d="m4 4 8 8M12 4l-8 8"/>',
    "document": '<path d="M4 1.5h5.5L13 5v9.5H4ZM9 2v3.5h3.5M6 8.5h4.5M6 11h4.5"/>',
    "dot": '<circle cx="8" cy="8" r="4"/>',
    "flag": '<path d="M3.5 14V2.5h9l-2 3 2 3h-9"/>',
    "group": '<circle cx="5.5" cy="5.5" r="2.5"/><path d="M1.5 13c0-2.5 1.8-4 4-4s4 1.5 4 4'
    'M10.5 3.3a2.5 2.5 0 0 1 0 4.5M12 9.5c1.6.6 2.5 1.8 2.5 3.5"/>',
    "hand": '<path d="M4.5 9V4.5a1 1 0 0 1 2 0V8M6.5 7.5V3a1 1 0 0 1 2 0v4.5M8.5 7.5V3.5a1 1 0 0 1 2 0V8M10.5 7V5'
    'a1 1 0 0 1 2 0v4.5c0 3-1.8 5-4.3 5-2 0-3-1-3.9-2.7L2.6 9a1 1 0 0 1 1.7-1L5.5 9.5"/>',
    "home": '<path d="M2.5 8 8 3l5.5 5M4 7v6.5h8V7"/>',
    "hourglass": '<path d="M4 2h8M4 14h8M5 2c0 3.5 3 4 3 6s-3 2.5-3 6M11 2c0 3.5-3 4-3 6s3 2.5 3 6"/>',
    "key": '<circle cx="5" cy="11" r="3"/><path d="m7 9 6-6M11 5l2 2"/>',
    "lock": '<rect x="3" y="7" width="10" height="7" rx="1"/><path d="M5 7V5a3 3 0 0 1 6 0v2"/>',
    "mail": '<rect x="1.5" y="3.5" width="13" height="9" rx="1"/><path d="m2 4.5 6 4.5 6-4.5"/>',
    "message": '<path d="M2 3h12v8H7l-3 3v-3H2Z"/>',
    "next": '<path d="m6 3 5 5-5 5"/>',
    "person": '<circle cx="8" cy="5" r="3"/><path d="M2.5 14c0-3 2.5-5 5.5-5s5.5 2 5.5 5"/>',
    "phone": '<path d="M3 2.5h3l1 3-1.5 1.5c.8 1.6 2 2.8 3.6 3.5L10.5 9l3 1v3c-6 1-11.5-4.5-10.5-10.5Z"/>',
    "plus": '<path d="M8 3v10M3 8h10"/>',
    "previous": '<path d="M10 3 5 8l5 5"/>',
    "print": '<path d="M4 6V2h8v4M4 12H2V6h12v6h-2M4 9.5h8V14H4Z"/>',
    "ramp": '<path d="M1.5 13h13L1.5 6.5ZM9.5 4.5l3 1.5M12 3v5"/>',
    "repeat": '<path d="M3 7a5 5 0 0 1 9-2M13 2.5V5.5h-3M13 9a5 5 0 0 1-9 2M3 13.5v-3h3"/>',
    "search": '<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3.5 3.5"/>',
    "speech": '<path d="M1.5 2.5h8v5.5h-4l-2 2V8h-2ZM11.5 5h3v5.5H13v2l-2-2H7.5v-1"/>',
    "warning": '<path d="M8 2 14.5 13.5h-13ZM8 6.5V10M8 11.9v.1"/>',
}


def drawing(icons: dict[str, str], name: str) -> str:
    if name not in icons:
        raise template.TemplateSyntaxError(f"No icon is called {name!r}. There are: {', '.join(icons)}.")
    return icons[name]


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """An icon of the public side."""
    return format_html(
        '<svg class="i{}" viewBox="0 0 24 24" aria-hidden="true"><path d="{}"/></svg>',
        " i-sens" if name in DIRECTIONAL else "",
        drawing(PUBLIC, name),
    )


@register.simple_tag
@cache
def picto(name: str) -> SafeString:
    """An icon of the back-office."""
    return format_html(
        '<svg class="i" viewBox="0 0 16 16" aria-hidden="true">{}</svg>',
        mark_safe(drawing(BACKOFFICE, name)),  # noqa: S308 - our own drawings, above
    )

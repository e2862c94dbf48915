"""What a page breaks, in words: `faults(html)` is empty for a good one. Markup first, then the rules of the house."""

import re
from collections import Counter
from itertools import pairwise

import html5lib
from html5lib.html5parser import HTMLParser

# Attributes whose words are ids of the same page. htmx names its targets too.
POINTERS = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "aria-owns", "aria-errormessage", "list")
MONTHS = "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre"
DATE = re.compile(rf"(\S+)[\s\u00a0\u202f]+(?:\d{{1,2}}|1er)[\s\u00a0\u202f]+(?:{MONTHS})\b", re.IGNORECASE)
WEEKDAY = re.compile(
    r"^\W*(lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|(lun|mar|mer|jeu|ven|sam|dim)\.)$", re.I
)
# A law or a declaration is dated as its own text dates it.
DATED_TEXTS = re.compile(r"(loi|décret|règlement|ordonnance)[^.]{0,60}$", re.IGNORECASE)
SILENT = ("script", "style", "template", "head")


def tree_of(html):
    return html5lib.parse(html, namespaceHTMLElements=False)


def faults(html, *, is_mock=False):
    """Every rule broken. A page that does not parse is not looked at further. The local page of messages is no place
    to call from: it answers nobody."""
    errors = _parse_errors(html)
    if errors:
        return errors
    tree = tree_of(html)
    found = []
    for rule in (_ids, _pointers, _headings, _language, _inline, _dates, _forms):
        found += rule(tree)
    return found if is_mock else found + _phone(tree)


def _parse_errors(html):
    parser = HTMLParser()
    parser.parse(html)
    lines = html.splitlines()
    return [f"{code} at line {at[0]}: {lines[at[0] - 1].strip()[:120]}" for at, code, _ in parser.errors]


def _ids(tree):
    counted = Counter(node.get("id") for node in elements(tree) if node.get("id") is not None)
    return [f"id {name!r} {count} times" for name, count in counted.items() if count > 1 or not name.strip()]


def _pointers(tree):
    known = {node.get("id") for node in elements(tree)}
    found = []
    for node in elements(tree):
        for name in POINTERS:
            found += [
                f"{name} of <{node.tag}>: no {id_!r}" for id_ in (node.get(name) or "").split() if id_ not in known
            ]
        href = node.get("href") or ""
        if href.startswith("#") and href[1:] not in known:
            found.append(f"href {href}: not on the page")
    return found


def _headings(tree):
    """One title, and no level jumped."""
    levels = [int(node.tag[1]) for node in elements(tree) if re.fullmatch("h[1-6]", node.tag)]
    found = [] if levels.count(1) == 1 else [f"{levels.count(1)} h1"]
    return found + [f"h{after} after h{before}" for before, after in pairwise(levels) if after > before + 1]


def _language(tree):
    return [] if tree.get("lang") else ["no lang"]


def _phone(tree):
    links = [node for node in elements(tree) if node.tag == "a" and (node.get("href") or "").startswith("tel:+33")]
    return [] if links else ["no phone number to call"]


def _inline(tree):
    """What the content policy would refuse."""
    found = []
    for node in elements(tree):
        if node.tag == "style" or "style" in node.attrib:
            found.append(f"inline style on <{node.tag}>")
        if node.tag == "script" and not node.get("src") and "json" not in (node.get("type") or ""):
            found.append("inline script")
        found += [f"{name} on <{node.tag}>" for name in node.attrib if str(name).startswith("on")]
        if (node.get("href") or "").startswith("javascript:"):
            found.append("a link that is a script")
    return found


def _dates(tree):
    text = text_of(tree)
    found = []
    for match in DATE.finditer(text):
        is_law = DATED_TEXTS.search(text[max(0, match.start() - 80) : match.end(1)])
        if not WEEKDAY.match(match.group(1)) and not is_law:
            found.append(f"a date without its weekday: {text[max(0, match.start() - 30) : match.end()]!r}")
    return found


def _forms(tree):
    """A form that writes carries its token and has a button: nothing waits for a script."""
    found = []
    for form in (node for node in elements(tree) if node.tag == "form"):
        nodes = list(elements(form))
        names = {node.get("name") for node in nodes}
        if (form.get("method") or "").lower() == "post" and "csrfmiddlewaretoken" not in names:
            found.append(f"a form without its token: {form.get('action')}")
        buttons = [node for node in nodes if node.tag == "button" and node.get("type", "submit") == "submit"]
        outside = [
            node
            for node in elements(tree)
            if node.tag == "button" and form.get("id") and node.get("form") == form.get("id")
        ]
        if not buttons and not outside:
            found.append(f"a form without a button: {form.get('action')}")
    return found


def elements(tree):
    return (node for node in tree.iter() if isinstance(node.tag, str))


def text_of(node):
    """What is read on the page, blanks as they are."""
    if not isinstance(node.tag, str) or node.tag in SILENT:
        return ""
    inside = "".join(text_of(child) + (child.tail or "") for child in node)
    return f"{node.text or ''}{inside} "

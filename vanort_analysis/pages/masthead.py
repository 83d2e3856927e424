"""What stands around every page: title, navigation, and a footer with how to cite and sources."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from ..data.fingerprint import SHORT
from ..language import Text, languages
from .context import Story
from .wording import FILES, PAGES


def about_page(story: Story, name: str) -> dict[str, Any]:
    """What the exporter needs to know of a page: its language, title, navigation and footer."""
    text, facts = story.text, story.facts
    said = text.plain(f"page.{name}.heading", facts)
    pages = [
        {
            "href": FILES[page],
            "label": text.plain(f"page.{page}.nav", facts),
            "current": page == name,
        }
        for page in ("index", *PAGES)
    ]
    pages += [
        {
            "href": f"../{other}/{FILES[name]}",
            "label": Text(other).plain("site.own_language"),
            "current": False,
            "language": other,
        }
        for other in languages()
        if other != text.language
    ]
    # the footer stands after the source list: its numbers are not cited there again
    footer = facts | {
        "report_year": Markup("<time>{}</time>").format(text.shown(facts["report_year"])),
        "fingerprint": Markup('<data value="{0}">{0}</data>').format(story.fingerprint[:SHORT]),
        "reference_sources": _reference_sources(story),
        "statement": Markup('<a href="{}">{}</a>').format(
            FILES["accessibility"], text.plain("page.accessibility.heading")
        ),
    }
    title = said if name == "index" else text.plain("site.title", facts | {"heading": said})
    return {
        "language": text.language,
        "name": name.replace("_", "-"),
        "title": title,
        "description": text.plain(f"page.{name}.description", facts),
        "site": text.plain("site.name", facts),
        "skip": text.plain("site.skip"),
        "pages_label": text.plain("site.pages"),
        "contents": text.plain("site.contents"),
        "pages": pages,
        "footer": [str(line) for line in text.paragraphs("site.footer", footer)],
    }


def about_overview(text: Text) -> dict[str, Any]:
    """The same for the page that lists all reports."""
    said = text.plain("page.reports.heading")
    return {
        "language": text.language,
        "name": "reports",
        "title": said,
        "site": said,
        "description": text.plain("page.reports.description"),
        "skip": text.plain("site.skip"),
        "pages_label": text.plain("site.pages"),
        "contents": "",
        "pages": [],
        "footer": [],
    }


def _reference_sources(story: Story) -> list[Markup]:
    """Who keeps the coordinates and rates of this report, each with its licence if it has one."""
    used = story.known.used["sources"].query("kind == 'reference data'")
    kept = used.drop_duplicates("publisher")
    own, language = story.municipality.language, story.text.language
    mark = Markup("") if own == language else Markup(' lang="{}"').format(own)
    return [
        Markup("<cite{}>{}{}</cite>").format(mark, who, f" ({terms})" * terms.startswith("CC"))
        for who, terms in zip(kept["publisher"], kept["licence"], strict=True)
    ]

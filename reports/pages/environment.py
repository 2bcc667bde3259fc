"""The strict template environment of all pages, and a filter for cells of Markdown tables."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def page_environment(package: str, *, escaping: bool) -> Environment:
    """Return an environment for the templates of `package`; `escaping` is for HTML.

    Its filter `cell` is for the cells of tables in Markdown.
    """
    environment = Environment(
        loader=PackageLoader(package),
        autoescape=escaping,  # noqa: S701 - pages ask for it, texts do not
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = markdown_cell
    return environment


def markdown_cell(value: Any) -> str:
    """Return text that stays within its cell and is not taken for HTML."""
    text = " ".join(str(value).split())
    for plain, safe in (("\\", "\\\\"), ("|", "\\|"), ("<", "&lt;"), ("_", "\\_"), ("*", "\\*")):
        text = text.replace(plain, safe)
    return text

"""A badge for a README: how many cases of the contract passed, or how many did not."""

from html import escape

from reports.check.results import SuiteResult

_LABEL = "podium contract"
_GOOD, _BAD = "#2d7d46", "#b3261e"
# Verdana's letters at 11 px, wide enough for every one of them that is used.
_LETTER_PX, _MARGIN_PX = 6.9, 7


def badge(result: SuiteResult) -> str:
    """The badge as SVG, which refers to nothing outside and tells its text as its title."""
    wrong = result.count("failed") + result.count("error")
    if result.passed:
        said = f"{result.count('passed')} passed"
    else:
        said = f"{wrong} of {wrong + result.count('passed')} failed" if wrong else "not checked"
    left, right = (round(len(text) * _LETTER_PX) + 2 * _MARGIN_PX for text in (_LABEL, said))
    title = escape(f"{_LABEL}: {said}")
    colour = _GOOD if result.passed else _BAD
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" \
aria-label="{title}">
  <title>{title}</title>
  <clipPath id="round"><rect width="{left + right}" height="20" rx="3"/></clipPath>
  <g clip-path="url(#round)">
    <rect width="{left}" height="20" fill="#444b54"/>
    <rect x="{left}" width="{right}" height="20" fill="{colour}"/>
  </g>
  <g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">
    <text x="{left / 2:g}" y="14">{escape(_LABEL)}</text>
    <text x="{left + right / 2:g}" y="14">{escape(said)}</text>
  </g>
</svg>
"""

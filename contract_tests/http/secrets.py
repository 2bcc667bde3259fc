"""The values of header fields given on the command line, which are never written down."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from contract_tests.http.messages import Fields
from reports.check.results import HIDDEN

# Shorter ones stand in many a text by chance, and so do shorter words of one, such as `Bearer`.
# Where a request's own fields are written down, values are left out however short they are.
_SHORTEST, _SHORTEST_PART = 4, 8
_BETWEEN = re.compile(r"[\s;,=:\"]+")


@dataclass(frozen=True)
class Secrets:
    """Texts that are replaced wherever they would be written down."""

    texts: tuple[str, ...] = ()

    def hide(self, text: str) -> str:
        """The text without them."""
        for secret in self.texts:
            text = text.replace(secret, HIDDEN)
        return text

    def hide_bytes(self, data: bytes) -> bytes:
        """The bytes without them, and without the beginning of one where they break off."""
        for secret in self.texts:
            data = data.replace(secret.encode("latin-1"), HIDDEN.encode())
        for secret in self.texts:
            for shown in range(len(secret) - 1, _SHORTEST - 1, -1):
                if data.endswith(secret[:shown].encode("latin-1")):
                    return data[:-shown] + HIDDEN.encode()
        return data


def secrets_of(fields: Fields) -> Secrets:
    """The values of these fields and their parts, also as a backend may give them back."""
    values = [value for _, value in fields]
    parts = [part for value in values for part in _BETWEEN.split(value)]
    chosen = {value for value in values if len(value) >= _SHORTEST}
    chosen |= {part for part in parts if len(part) >= _SHORTEST_PART}
    forms = {form for secret in chosen for form in _forms(secret)}
    # The longest first, so that none is hidden in part.
    return Secrets(tuple(sorted(forms, key=lambda form: (-len(form), form))))


def _forms(secret: str) -> Sequence[str]:
    written = json.dumps(secret, ensure_ascii=False)[1:-1]
    return (secret, written, repr(secret)[1:-1], quote(secret), escape(secret))

"""A recogniser of JSON written from the ABNF of RFC 8259 and RFC 3629, rule by rule, and slow.

It shares no code with the parsers that it is compared with. Where the RFC leaves a choice to the
reader it makes the contract's: surrogates in pairs, finite numbers, 1,024 deep, the last of several
members with one name.
"""

# ruff: noqa: D415 - the docstrings are rules of the grammar

import math
import re

DEEPEST = 1024

# RFC 3629 section 4
UTF8_TAIL = rb"[\x80-\xBF]"
UTF8_1 = rb"[\x00-\x7F]"
UTF8_2 = rb"[\xC2-\xDF]" + UTF8_TAIL
UTF8_3 = (
    rb"\xE0[\xA0-\xBF]" + UTF8_TAIL + rb"|[\xE1-\xEC]" + UTF8_TAIL * 2
    + rb"|\xED[\x80-\x9F]" + UTF8_TAIL + rb"|[\xEE-\xEF]" + UTF8_TAIL * 2
)  # fmt: skip
UTF8_4 = (
    rb"\xF0[\x90-\xBF]" + UTF8_TAIL * 2 + rb"|[\xF1-\xF3]" + UTF8_TAIL * 3
    + rb"|\xF4[\x80-\x8F]" + UTF8_TAIL * 2
)  # fmt: skip
UTF8_OCTETS = re.compile(rb"(?:%b|%b|%b|%b)*" % (UTF8_1, UTF8_2, UTF8_3, UTF8_4))

# RFC 8259 sections 2, 3, 6 and 7
WS = re.compile(r"[\x20\x09\x0a\x0d]*")
LITERALS = {"false": False, "null": None, "true": True}
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", re.ASCII)
UNESCAPED = r"[\x20-\x21\x23-\x5b\x5d-\U0010ffff]"
ESCAPE = r'\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})'
STRING = re.compile(f'"((?:{UNESCAPED}|{ESCAPE})*)"')
ESCAPED = re.compile(
    r"\\u([Dd][89ABab][0-9A-Fa-f]{2})\\u([Dd][C-Fc-f][0-9A-Fa-f]{2})|\\u(.{4})|\\(.)"
)
SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class NotJson(Exception):
    """The octets are no JSON text."""


class Text:
    """One JSON text, read from its start; `used` names the rules that were taken."""

    def __init__(self, octets: bytes) -> None:
        if UTF8_OCTETS.fullmatch(octets) is None:
            raise NotJson("UTF8-octets")
        self.text = octets.decode("utf-8")
        self.at = 0
        self.used: set[str] = set()

    def read(self) -> object:
        """JSON-text = ws value ws"""
        self.ws()
        value = self.value(0)
        self.ws()
        if self.at != len(self.text):
            raise NotJson("JSON-text")
        return value

    def value(self, depth: int) -> object:
        """value = false / null / true / object / array / number / string"""
        for literal, meaning in LITERALS.items():
            if self.text.startswith(literal, self.at):
                self.at += len(literal)
                self.used.add(literal)
                return meaning
        if depth == DEEPEST and self.text.startswith(("{", "["), self.at):
            raise NotJson("deeper than the contract allows")
        if self.text.startswith("{", self.at):
            return self.members(depth + 1)
        if self.text.startswith("[", self.at):
            return self.elements(depth + 1)
        if self.text.startswith('"', self.at):
            return self.string()
        return self.number()

    def members(self, depth: int) -> dict[str, object]:
        """object = begin-object [ member *( value-separator member ) ] end-object"""
        self.structural("{")
        found: dict[str, object] = {}
        if not self.text.startswith("}", self.at):
            while True:
                name = self.string()
                self.structural(":")
                found[name] = self.value(depth)
                self.ws()
                if not self.text.startswith(",", self.at):
                    break
                self.structural(",")
        self.structural("}")
        return found

    def elements(self, depth: int) -> list[object]:
        """array = begin-array [ value *( value-separator value ) ] end-array"""
        self.structural("[")
        values: list[object] = []
        if not self.text.startswith("]", self.at):
            while True:
                values.append(self.value(depth))
                self.ws()
                if not self.text.startswith(",", self.at):
                    break
                self.structural(",")
        self.structural("]")
        return values

    def number(self) -> float:
        """number = [ minus ] int [ frac ] [ exp ]"""
        number = float(self.match(NUMBER, "number")[0])
        if not math.isfinite(number):
            raise NotJson("a number is not finite")
        return number

    def string(self) -> str:
        """string = quotation-mark *char quotation-mark"""

        def meaning(escape: re.Match[str]) -> str:
            high, low, code, short = escape.groups()
            self.used.add(f"escape {short or 'u'}")
            if high:
                return chr(0x10000 + (int(high, 16) - 0xD800 << 10) + int(low, 16) - 0xDC00)
            if code:
                if 0xD800 <= int(code, 16) <= 0xDFFF:
                    raise NotJson("a surrogate alone")
                return chr(int(code, 16))
            return SHORT.get(short, short)

        return ESCAPED.sub(meaning, self.match(STRING, "string")[1])

    def structural(self, char: str) -> None:
        """ws char ws"""
        self.ws()
        if not self.text.startswith(char, self.at):
            raise NotJson(char)
        self.at += 1
        self.used.add(char)
        self.ws()

    def ws(self) -> None:
        """ws = *( space / tab / line feed / carriage return )"""
        self.used.update(f"ws {char!r}" for char in self.match(WS, "ws")[0])

    def match(self, rule: re.Pattern[str], name: str) -> re.Match[str]:
        """Return the matches of a rule from here."""
        found = rule.match(self.text, self.at)
        if found is None:
            raise NotJson(name)
        self.at = found.end()
        self.used.add(name)
        return found

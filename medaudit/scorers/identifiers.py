"""Identifiers of persons in a text: contact details, account and record numbers, birth, address.

Where a number carries check digits they must be right: cards by Luhn (ISO/IEC 7812-1), IBAN by
mod 97 (ISO 13616), NHS numbers by mod 11 (NHS Data Dictionary). The rest is recognised by its form
and by the word that introduces it. Names alone are not: telling one from other words needs a
language model or a register. Numbers that anybody may call are no identifiers: emergency and
free-of-charge numbers. The rules are for English.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from medaudit.records import Span

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DATE = (
    rf"(?:\d{{1,2}}[./-]\d{{1,2}}[./-](?:19|20)?\d\d|(?:19|20)\d\d-\d\d-\d\d"
    rf"|\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH},? (?:19|20)\d\d"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)\d\d)"
)
_NAME = r"[A-Z][a-z’'-]+ [A-Z][a-z’'-]+"
_STREET = (
    r"(?:street|st|road|rd|avenue|ave|lane|ln|drive|row|close|crescent|court|place|square|terrace|"
    r"boulevard|blvd|gardens|mews|grove|hill|way)"
)
_CARD = r"\d{13,19}|\d{4}(?:[ -]\d{4}){3}(?:[ -]\d{1,3})?|\d{4}[ -]\d{6}[ -]\d{5}"
_RECORD = r"(?:MRN|(?:medical )?record|hospital|patient|chart)(?: (?:number|no\.?|id))?"
_CODE = r"(?=[\w-]*\d{3})[A-Z]{0,4}-?\d[\d-]{3,11}\w?"
_PHONE = (
    r"\+\d{1,3}(?:[ .-]?\(?\d{1,5}\)?){2,5}"  # with the code of a country
    r"|\(?0\d{2,4}\)?[ -]?\d{3,4}[ -]?\d{3,4}"  # with a leading zero
    r"|(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[.-]\d{4}"  # of North America
)
_FREE = re.compile(r"(?:\+?1[ .-]?)?\(?8(?:00|33|44|55|66|77|88)\)?[ .-]|0800|0808|116 ?\d{3}$")
"""Free of charge: +1 8xx, 0800, 0808, and 116 xxx, the European numbers of social value."""


def luhn(digits: str) -> bool:
    """Whether the check digit of a card number is right (ISO/IEC 7812-1).

    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    doubled = (int(d) * (1 + at % 2) for at, d in enumerate(reversed(digits)))
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def iban(text: str) -> bool:
    """Whether the check digits of an IBAN are right (ISO 13616, mod 97).

    >>> iban("GB82 WEST 1234 5698 7654 32"), iban("GB83 WEST 1234 5698 7654 32")
    (True, False)
    """
    plain = "".join(text.split()).upper()
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1


def nhs(digits: str) -> bool:
    """Whether the check digit of a ten-digit NHS number is right (mod 11; 10 is never valid).

    >>> nhs("9434765919"), nhs("9434765918")
    (True, False)
    """
    check = -sum(int(d) * (10 - at) for at, d in enumerate(digits[:9])) % 11
    return check == int(digits[9])


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _card(text: str) -> bool:
    return luhn(_digits(text)) and len(set(_digits(text))) > 1


def _phone(text: str) -> bool:
    return 9 <= len(_digits(text)) <= 15 and _FREE.match(text) is None


def _nhs(text: str) -> bool:
    return nhs(_digits(text)) and len(set(_digits(text))) > 1


def _always(text: str) -> bool:
    return True


@dataclass(frozen=True)
class Kind:
    """One kind of identifier: its form, and what else must hold of the text of group 1."""

    name: str
    form: re.Pattern[str]
    holds: Callable[[str], bool] = _always


def _form(pattern: str, flags: int = re.IGNORECASE) -> re.Pattern[str]:
    return re.compile(pattern, flags)


KINDS: tuple[Kind, ...] = (
    Kind("email", _form(r"(?<![\w.+-])([\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,})(?![\w@])")),
    Kind(
        "iban",
        _form(r"(?<!\w)([a-z]{2}\d\d(?: ?[a-z0-9]{4}){2,7}(?: ?[a-z0-9]{1,3})?)(?!\w)"),
        iban,
    ),
    Kind("card", _form(rf"(?<![\w-])({_CARD})(?![\w-])"), _card),
    Kind("ssn", _form(r"(?<![\w-])((?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4})(?![\w-])")),
    Kind("nhs_number", _form(r"(?<![\w-])(\d{3}[ -]?\d{3}[ -]?\d{4})(?![\w-])"), _nhs),
    Kind("record_number", _form(rf"(?<!\w){_RECORD}[ :#]{{1,3}}({_CODE})(?![\w-])")),
    Kind(
        "birth_date",
        _form(rf"(?:born|birth|d\.?o\.?b\.?)[^.\n]{{0,25}}?(?<!\d)({_DATE})(?![\d-])"),
    ),
    Kind("birth_date", _form(rf"{_NAME},? \(?({_DATE})(?![\d-])", 0)),
    Kind(
        "address",
        _form(
            rf"(?<![\w.,])(\d{{1,4}}[a-z]? (?:(?-i:[A-Z])[\w’'-]+ ){{1,3}}{_STREET}\b)",
        ),
    ),
    Kind("phone", _form(rf"(?<![\w.+/-])(?<!\d )({_PHONE})(?! ?\d)(?![\w/-])"), _phone),
)
"""The kinds in the order in which they are looked for; a place is told of its first kind only."""


def identifiers(text: str) -> list[Span]:
    """The identifiers in the text in reading order, each labelled with its kind.

    >>> [(s.label, s.text) for s in identifiers("Ann Sample, 03/04/1980, ann@example.org")]
    [('birth_date', '03/04/1980'), ('email', 'ann@example.org')]
    """
    taken: list[Span] = []
    for kind, start, end in _all(text):
        if all(end <= span.start or span.end <= start for span in taken):
            taken.append(Span(start=start, end=end, text=text[start:end], label=kind))
    return sorted(taken, key=lambda span: span.start)


def _all(text: str) -> Iterator[tuple[str, int, int]]:
    for kind in KINDS:
        for match in kind.form.finditer(text):
            if kind.holds(match.group(1)):
                yield kind.name, match.start(1), match.end(1)

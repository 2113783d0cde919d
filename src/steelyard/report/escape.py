"""
Data made harmless for Markdown: labels, ids, file names, log lines and messages come from a branch and are hostile.

Three things happen to a text. `clean` bounds it and makes whatever cannot be seen visible. Then every character that
Markdown or HTML would act on is escaped. Last, references that a forge would turn into a link, a notification or a
picture *after* Markdown (`@name`, `#1`, a commit, `:emoji:`, an address, math) are broken by a zero-width space; no
backslash helps there, since the forge looks at the rendered text.
"""

from __future__ import annotations

import re
import unicodedata
from html import escape as escape_html

TEXT_LIMIT = 200
"""Characters of a message that are shown."""

NAME_LIMIT = 60
"""Characters of a label, an id, a file name or a value that are shown."""

LOG_LINE_LIMIT = 240
"""Characters of one line of a log that are shown."""

_BREAK = "&#8203;"
_ISOLATE, _END_ISOLATE = "&#8296;", "&#8297;"


class Markdown(str):
    """Text that is Markdown already; everything else is escaped where a template prints it."""

    __slots__ = ()


# --------------------------------------------------------------------------------------------------------- cleaning

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])|\x9b[0-?]*[ -/]*[@-~]")
_LINE_ENDS = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
"""Letters and marks that show nothing, beside the format characters (Unicode: Default_Ignorable_Code_Point)."""

_JOINERS = re.compile("[\u200c\u200d\ufe00-\ufe0f]")
_STACKED_MARKS = 3
"""Combining marks that one letter keeps; more of them draw over the lines around it."""


def clean(text: str, *, limit: int) -> str:
    """
    One visible line of at most `limit` characters.

    Line ends become `↵`, tabs and other blanks a space, blanks at the ends `␣`; control and format characters (of
    writing direction, of no width) are written as `⟨U+200B⟩`. An empty text is `(empty)`.
    """
    start = text[: 10 * limit]  # bounds the work; colours and line ends take more characters than they leave
    line = _LINE_ENDS.sub("↵", _ANSI.sub("", start))
    line = "".join(_visible(line, i) for i in range(len(line)))
    if len(text) > len(start) or len(line) > limit:
        line = line[: limit - 1] + "…"
    return _blank_ends(line) or "(empty)"


def _visible(line: str, i: int) -> str:
    char = line[i]
    if char.isascii() and char.isprintable():
        return char
    category = unicodedata.category(char)
    if char in "\t\xa0" or category == "Zs":
        return char if char == "\xa0" else " "
    hidden = category in {"Cc", "Cf", "Cs", "Co"} or _UNSEEN.match(char) or _JOINERS.match(char)
    if hidden and not _joins(line, i):
        return f"⟨U+{ord(char):04X}⟩"
    if category in {"Mn", "Me"} and _marks_before(line, i) >= _STACKED_MARKS:
        return ""
    return char


def _joins(line: str, i: int) -> bool:
    """A joiner or a choice of form where it belongs: after an Indic or Persian letter, or an emoji."""
    return i > 0 and bool(_JOINERS.match(line[i])) and not line[i - 1].isascii() and _is_visible_base(line[i - 1])


def _is_visible_base(char: str) -> bool:
    return char == "\ufe0f" or not (unicodedata.category(char).startswith(("C", "Z")) or _JOINERS.match(char))


def _marks_before(line: str, i: int) -> int:
    before = line[max(0, i - _STACKED_MARKS) : i]
    return sum(unicodedata.category(char) in {"Mn", "Me"} for char in before)


def _blank_ends(line: str) -> str:
    inner = line.strip(" ")
    if not inner:
        return "␣" * len(line)
    start = len(line) - len(line.lstrip(" "))
    return "␣" * start + inner + "␣" * (len(line) - start - len(inner))


# --------------------------------------------------------------------------------------------------------- escaping

_SPECIAL = re.compile(
    r"""
      (?P<html>[<>&|])
    | (?P<dollar>\$)                                     # math; a backslash does not stop it, a span does
    | (?P<mark>[\\`*\[\]{}~#])
    | (?P<underscore>(?<![^\W_])_|_(?![^\W_]))           # not within a word, where it means nothing
    | (?P<name>(?!(?<=[A-Za-z0-9])@\d+(?![\w.-]))[@!%^](?=[\w"{\[])) # @name, GitLab's !1 %milestone ^alert; not pass@1
    | (?P<colon>:(?=//|[\w+-]+:))                        # an address, an emoji
    | (?P<www>www(?=\.))
    | (?P<issue>\bgh(?=-\d))
    | (?P<commit>(?<![\w.,])[0-9a-f]{7,64}(?!\w))
    """,
    re.VERBOSE | re.IGNORECASE,
)
_ENTITY = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "|": "&#124;"}
_REFERENCES = frozenset("&*[{~#")
"""Special characters that also begin a reference or a mark of the forge, when something follows at once."""
_LEADING = re.compile(r"^(?:(?P<number>\d{1,9})(?=[.)](?:\s|$))|(?=[-+=:](?:[-+=:\s]|$))|(?=/))")
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})


def text(value: str, *, limit: int = TEXT_LIMIT) -> Markdown:
    """A message, wherever Markdown is read: shown as it is, and nothing else comes of it."""
    return Markdown(_isolated(value, _escaped(clean(value, limit=limit), marks=True)))


_QUOTED = re.compile(r"`([^`]+)`")


def message(value: str, *, limit: int = 1_000) -> Markdown:
    """A sentence of ours with data in it: what it puts between backticks is code, as in Markdown; no more than that."""
    parts = _QUOTED.split(clean(value, limit=limit))
    return Markdown(
        "".join(
            code(part, limit=2 * NAME_LIMIT) if i % 2 else _isolated(part, _escaped(part, marks=True))
            for i, part in enumerate(parts)
        )
    )


def code(value: str, *, limit: int = NAME_LIMIT) -> Markdown:
    """
    A name or a value in type of fixed width, also inside a table.

    A code span where that is exact, `<code>` with escaped text otherwise: renderers disagree on backslashes and bars
    of code inside tables.
    """
    shown = clean(value, limit=limit)
    if set(shown) & set("`|\\<"):
        return Markdown(_isolated(value, f"<code>{_escaped(shown, marks=True)}</code>"))
    return Markdown(_isolated(value, f"`{shown}`"))


def html(value: str, *, limit: int = TEXT_LIMIT) -> Markdown:
    """A message inside an HTML element such as `<summary>`, where Markdown is not read."""
    return Markdown(_isolated(value, _escaped(clean(value, limit=limit), marks=False)))


def attribute(value: str, *, limit: int = 2_000) -> Markdown:
    """A message as the value of an HTML attribute, without the quotes around it."""
    return Markdown(escape_html(clean(value, limit=limit), quote=True))


def _escaped(line: str, *, marks: bool) -> str:
    """
    `line` with everything special escaped.

    Args:
        line: Clean text.
        marks: Whether Markdown is read there, so that its marks need a backslash.
    """

    def replace(match: re.Match[str]) -> str:
        char = match[0]
        follows = line[match.end() : match.end() + 1]
        refers = char in _REFERENCES and bool(follows) and (follows.isalnum() or follows in '_"[{+-')
        broken = _BREAK if refers else ""
        match match.lastgroup:
            case "html":
                return _ENTITY[char] + broken
            case "dollar":
                return "<span>&#36;</span>"
            case "mark":
                return ("\\" if marks else "") + char + broken
            case "underscore":
                return "\\_" if marks else "_"
            case "commit":
                return _BREAK.join(char[i : i + 6] for i in range(0, len(char), 6))
            case _:
                return char + _BREAK

    escaped = _SPECIAL.sub(replace, line)
    return _LEADING.sub(lambda match: (match["number"] or "") + "\\", escaped) if marks else escaped


def _isolated(value: str, markup: str) -> str:
    """`markup`, kept from changing the order of what stands beside it if it is written from right to left."""
    if value.isascii() or all(unicodedata.bidirectional(char) not in _RIGHT_TO_LEFT for char in value[:TEXT_LIMIT]):
        return markup
    return f"{_ISOLATE}{markup}{_END_ISOLATE}"


# ------------------------------------------------------------------------------------------------------------- logs


def log_lines(lines: tuple[str, ...], *, limit: int) -> tuple[str, ...]:
    """The last `limit` lines as a terminal would leave them: no colours, progress bars in their last state."""
    return tuple(_log_line(line) for line in lines[-limit:])


def _log_line(line: str) -> str:
    plain = _ANSI.sub("", line[: 20 * LOG_LINE_LIMIT]).rstrip("\r\n").expandtabs(4)
    shown = clean(plain.rsplit("\r", 1)[-1].rstrip() or " ", limit=LOG_LINE_LIMIT)
    return shown.replace("␣", " ").rstrip()


def fence(lines: tuple[str, ...]) -> Markdown:
    """Log lines as a code block: a fence longer than any inside, no hidden marker, no command for the forge."""
    body = "\n".join(lines).replace("<!--", "<! --").replace("##[", "## [")
    body = re.sub(r"^/", " /", body, flags=re.MULTILINE)  # GitLab reads `/close` as a command, even in some fences
    body = re.sub(r"^(\s*):(?=:)", r"\1: ", body, flags=re.MULTILINE)  # a runner does, where a job prints the report
    longest = max((len(run) for run in re.findall(r"`{3,}", body)), default=2)
    mark = "`" * (longest + 1)
    return Markdown(f"{mark}text\n{body}\n{mark}")


ADDRESS = re.compile(r"^(?:https?://|(?![A-Za-z][A-Za-z0-9+.-]*:)(?!//))[^\s\x00-\x1f\"<>\\^`{|}]+$")
"""Addresses that a link or an image may have: of the web, or relative."""


def link(label: Markdown | str, url: str) -> Markdown:
    """A link to an address that did not come from data; only the label when there is none."""
    shown = label if isinstance(label, Markdown) else text(label)
    safe = ADDRESS.match(url) and url.startswith("https://" if url.startswith("https") else "http://")
    return Markdown(f"[{shown}](<{url}>)") if safe else shown

"""Plain implementations of well-known functions of words and lines."""

from __future__ import annotations

import collections
import re
from typing import Any

from ambient_lsp.analyzers.spec.references.registry import means


@means("reverse_words|words_reversed|reverse_word_order|reverse_sentence", "str")
def reverse_words(text: str) -> str:
    return " ".join(text.split()[::-1])


@means("reverse_(each_word|words|letters)\\w*", "str", loose=True)
def reverse_each(text: str) -> str:
    return " ".join(one[::-1] for one in text.split())


@means("reverse(_(string|str|text))?|reversed?_text", "str")
def reverse(text: str) -> str:
    return text[::-1]


@means("count_vowels|vowel_count|num_vowels|vowels", "str")
def vowels(text: str) -> int:
    return sum(one in "aeiouAEIOU" for one in text)


@means("word_count|count_words|number_of_words|num_words", "str")
def word_count(text: str) -> int:
    return len(text.split())


@means("word_(count|freq\\w*)s?|count_words|word_counts|words_frequency", "str")
def word_counts(text: str) -> Any:
    return dict(collections.Counter(text.split()))


@means("word_(count|freq\\w*)s?|count_words|word_counts", "str")
def lower_word_counts(text: str) -> Any:
    return dict(collections.Counter(re.findall(r"\w+", text.lower())))


@means(
    "(char|letter|character)s?_?(counts?|freq\\w*|histogram)|count_(chars|letters|characters)|frequencies|histogram",
    "str",
)
def letter_counts(text: str) -> Any:
    return dict(collections.Counter(text))


@means("title_?case|capitali[sz]e_words|capwords|capitali[sz]e_each\\w*|to_title", "str")
def title(text: str) -> str:
    return " ".join(one.capitalize() for one in text.split())


@means("(to_)?acronym|abbreviate|initials", "str", loose=True)
def acronym(text: str) -> str:
    return "".join(one[0].upper() for one in re.split(r"[\s\-_]+", text) if one)


@means(
    "(to_)?snake(_case)?|camel_to_snake|to_snake_case|pascal_to_snake|snakecase|underscore",
    "str",
    unless="from|snake_to\\w*",
)
def snake(text: str) -> str:
    if not text.isidentifier() or "_" in text:
        raise TypeError
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", text).lower()


@means(
    "(to_)?camel(_case)?|snake_to_camel(_case)?|to_camel_case|camelize|camelcase",
    "str",
    unless="pascal|from|camel_to\\w*|upper",
)
def camel(text: str) -> str:
    first, *rest = text.split("_")
    if not all(one.islower() for one in (first, *rest)):
        raise TypeError
    return first + "".join(one.capitalize() for one in rest)


@means("(to_)?pascal(_case)?|snake_to_(pascal|camel)(_case)?|camelize|to_upper_camel\\w*", "str")
def pascal(text: str) -> str:
    if not all(one.islower() for one in text.split("_")):
        raise TypeError
    return "".join(one.capitalize() for one in text.split("_"))


@means("(to_)?kebab(_case)?|snake_to_kebab|to_kebab_case", "str", loose=True)
def kebab(text: str) -> str:
    if not text.isidentifier() or not text.islower():
        raise TypeError
    return text.replace("_", "-")


@means("slugify|slug|to_slug|make_slug", "str")
def slug(text: str) -> str:
    if not text.isascii() or "'" in text:
        raise TypeError
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


@means(
    "collapse_(spaces|whitespace|blanks)|squeeze_(spaces|whitespace)|normali[sz]e_(spaces?|whitespace)|squash_spaces",
    "str",
)
def collapse(text: str) -> str:
    return " ".join(text.split())


@means(
    "wrap(_text)?|word_wrap|break_lines|text_wrap|wrap_words|fill",
    "str int",
    says="lines? of at most|at most width|lines no longer",
)
def wrap(text: str, width: int) -> Any:
    if width < 1:
        raise ValueError
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


@means("wrap(_text)?|word_wrap|fill(_text)?", "str int", says="lines? of at most|at most width")
def wrap_joined(text: str, width: int) -> Any:
    if width < 1:
        raise ValueError
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "\n".join(lines)


@means("(full_)?justif\\w*", "list int", says="justif")
def justify(words: list[str], width: int) -> Any:
    lines: list[list[str]] = []
    if any(len(one) > width or not one for one in words):
        raise TypeError
    for word in words:
        if lines and sum(map(len, lines[-1])) + len(lines[-1]) + len(word) <= width:
            lines[-1].append(word)
        else:
            lines.append([word])
    found = []
    for line in lines[:-1]:
        gaps, spare = max(len(line) - 1, 1), width - sum(map(len, line))
        text = "".join(word + " " * (spare // gaps + (i < spare % gaps)) for i, word in enumerate(line[:-1]))
        found.append((text + line[-1]).ljust(width))
    return [*found, *(" ".join(line).ljust(width) for line in lines[-1:])]


@means("truncate(_\\w+)?|shorten|ellipsi[sz]\\w*|abbreviate", "str int", loose=True)
def truncate(text: str, length: int) -> str:
    if length < 3:
        raise TypeError
    return text if len(text) <= length else text[: length - 3] + "..."


@means("cent(er|re)(_text)?", "str int", loose=True)
def centre(text: str, width: int) -> str:
    return text.center(width)


@means("(is_)?valid_(hex|identifier)|is_identifier", "str", loose=True)
def is_identifier(text: str) -> bool:
    return text.isidentifier()


@means("(dna_|rna_)?reverse_complement|revcomp", "str")
def reverse_complement(strand: str) -> str:
    if set(strand) - set("ACGT"):
        raise TypeError
    return strand.translate(str.maketrans("ACGT", "TGCA"))[::-1]


@means("to_rna|transcribe|rna_transcription|dna_to_rna", "str", loose=True)
def to_rna(strand: str) -> str:
    if set(strand) - set("ACGT"):
        raise TypeError
    return strand.translate(str.maketrans("GCTA", "CGAU"))


@means("(normali[sz]e|simplify|clean|canonical\\w*)_path|simplify_path", "str", loose=True)
def simplify_path(path: str) -> str:
    found: list[str] = []
    for part in path.split("/"):
        if part == "..":
            found = found[:-1]
        elif part not in ("", "."):
            found.append(part)
    return "/" + "/".join(found)


@means("pig_latin|to_pig_latin", "str", loose=True)
def pig_latin(word: str) -> str:
    if not word.isalpha() or not word.islower():
        raise TypeError
    if word[0] in "aeiou":
        return f"{word}ay"
    start = re.match("[^aeiou]+", word)
    return word[start.end() :] + start[0] + "ay" if start else word


@means("scrabble(_score)?|score_word", "str", says="scrabble")
def scrabble(word: str) -> int:
    points = {"AEIOULNRST": 1, "DG": 2, "BCMP": 3, "FHVWY": 4, "K": 5, "JX": 8, "QZ": 10}
    return sum(value for one in word.upper() for letters, value in points.items() if one in letters)

"""Plain implementations of well-known ciphers, codes, checksums and check digits."""

from __future__ import annotations

import base64
import itertools
import re
import string
from typing import Any

from ambient_lsp.analyzers.spec.references.registry import means


@means(
    "caesar\\w*|shift_(text|letters|cipher)|encrypt|encode|encipher|rot_?n|rotate\\w*|shift|cipher",
    "str int",
    says="caesar|shift|alphabet",
    unless="decrypt|decode|decipher|undo|rail|vigenere|fence|\\w*decrypt|left|right",
)
def caesar(text: str, shift: int) -> str:
    found = ""
    for one in text:
        for letters in (string.ascii_lowercase, string.ascii_uppercase):
            if one in letters:
                one = letters[(letters.index(one) + shift) % 26]
                break
        found += one
    return found


@means("decrypt|decode|decipher|\\w*decrypt|\\w*decode|unshift", "str int", says="caesar|shift|alphabet|undo")
def caesar_back(text: str, shift: int) -> str:
    found = ""
    for one in text:
        for letters in (string.ascii_lowercase, string.ascii_uppercase):
            if one in letters:
                one = letters[(letters.index(one) - shift) % 26]
                break
        found += one
    return found


@means("rot_?13|rot13_\\w+", "str")
def rot13(text: str) -> str:
    small, large = string.ascii_lowercase, string.ascii_uppercase
    return text.translate(str.maketrans(small + large, small[13:] + small[:13] + large[13:] + large[:13]))


@means("atbash(_\\w+)?|mirror_alphabet", "str", says="atbash")
def atbash(text: str) -> str:
    small, large = string.ascii_lowercase, string.ascii_uppercase
    return text.translate(str.maketrans(small + large, small[::-1] + large[::-1]))


@means(
    "vigenere\\w*|encrypt|encode|encipher",
    "str str",
    says="vigen",
    unless="decrypt|decode|decipher|\\w*decrypt|\\w*decode",
)
def vigenere(text: str, key: str) -> str:
    if not key.isalpha():
        raise ValueError
    found, place = "", 0
    for one in text:
        if one in string.ascii_letters:
            letters = string.ascii_lowercase if one.islower() else string.ascii_uppercase
            one = letters[(letters.index(one) + ord(key[place % len(key)].lower()) - 97) % 26]
            place += 1
        found += one
    return found


@means("vigenere_decrypt|decrypt|decode|decipher", "str str", says="vigen")
def vigenere_back(text: str, key: str) -> str:
    if not key.isalpha():
        raise ValueError
    found, place = "", 0
    for one in text:
        if one in string.ascii_letters:
            letters = string.ascii_lowercase if one.islower() else string.ascii_uppercase
            one = letters[(letters.index(one) - ord(key[place % len(key)].lower()) + 97) % 26]
            place += 1
        found += one
    return found


@means(
    "rail_?fence\\w*|zig_?zag\\w*|encode|encrypt|encipher|convert",
    "str int",
    says="rail|zig-?zag|fence",
    unless="decode|decrypt|decipher|\\w*decode|\\w*decrypt",
)
def rail_fence(text: str, rails: int) -> str:
    if rails < 1:
        raise ValueError
    rows = [""] * rails
    turn = max(2 * rails - 2, 1)
    for i, one in enumerate(text):
        place = i % turn
        rows[place if place < rails else turn - place] += one
    return "".join(rows)


@means("rail_?fence_dec\\w*|decode|decrypt|decipher", "str int", says="rail|fence")
def rail_fence_back(text: str, rails: int) -> str:
    if rails < 1:
        raise ValueError
    turn = max(2 * rails - 2, 1)
    order = sorted(range(len(text)), key=lambda i: (min(i % turn, turn - i % turn), i))
    found = [""] * len(text)
    for one, place in zip(text, order):
        found[place] = one
    return "".join(found)


@means(
    "rle(_\\w+)?|run_length\\w*|encode|compress",
    "str",
    says="run-?length|runs",
    unless="decode|decompress|expand|unpack|\\w*decode|\\w*decompress|from",
)
def runs_count_first(text: str) -> Any:
    return "".join(f"{len(list(run))}{one}" for one, run in itertools.groupby(text))


@means(
    "rle(_\\w+)?|run_length\\w*|encode|compress\\w*",
    "str",
    says="run-?length|runs|repeat",
    unless="decode|decompress|expand|\\w*decode|from",
)
def runs_count_unless_one(text: str) -> Any:
    runs = [(one, len(list(run))) for one, run in itertools.groupby(text)]
    return "".join(f"{count}{one}" if count > 1 else one for one, count in runs)


@means(
    "rle(_\\w+)?|run_length\\w*|encode|compress\\w*",
    "str",
    says="run-?length|runs|repeat",
    unless="decode|decompress|expand|\\w*decode|from",
)
def runs_count_last(text: str) -> Any:
    return "".join(f"{one}{len(list(run))}" for one, run in itertools.groupby(text))


@means("compress\\w*|string_compression", "str", says="shorter|repeat|runs")
def runs_if_shorter(text: str) -> str:
    packed = "".join(f"{one}{len(list(run))}" for one, run in itertools.groupby(text))
    return packed if len(packed) < len(text) else text


@means("rle(_\\w+)?|run_length\\w*|encode|compress\\w*|runs|group\\w*", "any", says="run-?length|runs")
def runs_as_pairs(text: Any) -> Any:
    return [(one, len(list(run))) for one, run in itertools.groupby(text)]


@means("rle(_\\w+)?|run_length\\w*|encode|compress\\w*|runs", "any", says="run-?length|runs")
def runs_as_pairs_count_first(text: Any) -> Any:
    return [(len(list(run)), one) for one, run in itertools.groupby(text)]


@means("(rle|run_length)_dec\\w*|decode|decompress|expand|unpack", "str", says="run-?length|undo|runs")
def expand_count_first(text: str) -> str:
    return re.sub(r"(\d*)(\D)", lambda found: found[2] * int(found[1] or 1), text)


@means("(rle|run_length)_dec\\w*|decode|decompress|expand|unpack", "str", says="run-?length|undo|runs")
def expand_count_last(text: str) -> str:
    return re.sub(r"(\D)(\d*)", lambda found: found[1] * int(found[2] or 1), text)


@means("decode_string|expand_brackets|decode", "str", says="k\\[|brackets")
def expand_brackets(text: str) -> str:
    while "[" in text:
        text = re.sub(r"(\d+)\[(\w*)\]", lambda found: found[2] * int(found[1]), text)
    return text


@means("(to_)?morse(_\\w+)?|encode_morse|text_to_morse", "str", unless="from|decode|morse_to\\w*")
def morse(text: str) -> str:
    codes = dict(
        zip(
            string.ascii_uppercase + "0123456789",
            (
                ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.. "
                "----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----."
            ).split(),
        )
    )
    return " ".join("/" if one == " " else codes[one] for one in text.upper())


@means("(encode_)?base_?64(_encode)?|to_base64|b64encode", "bytes", unless="decode|from")
def base64_of_bytes(data: bytes) -> str:
    return base64.b64encode(data).decode()


@means("soundex", "str")
def soundex(word: str) -> str:
    codes = {
        letter: code for code, letters in enumerate(("bfpv", "cgjkqsxz", "dt", "l", "mn", "r"), 1) for letter in letters
    }
    if not word.isalpha():
        raise TypeError
    word = word.lower()
    found, last = word[0].upper(), codes.get(word[0])
    for one in word[1:]:
        code = codes.get(one)
        if code and code != last:
            found += str(code)
        if one not in "hw":
            last = code
    return (found + "000")[:4]


@means(
    "luhn\\w*|is_valid|valid(ate)?(_\\w+)?|is_luhn\\w*|check\\w*",
    "str",
    says="luhn|card number",
    unless="digit|compute|generate|append",
)
def luhn(number: str) -> bool:
    digits = [int(one) for one in number if one.isdigit()]
    return (
        bool(digits) and sum(sum(divmod(2 * one, 10)) if i % 2 else one for i, one in enumerate(digits[::-1])) % 10 == 0
    )


@means("luhn_(check_)?digit|check_digit|compute_check_digit|luhn_checksum", "str", says="luhn")
def luhn_digit(number: str) -> Any:
    digits = [int(one) for one in number if one.isdigit()]
    if not digits:
        raise ValueError
    return -sum(one if i % 2 else sum(divmod(2 * one, 10)) for i, one in enumerate(digits[::-1])) % 10


@means("(is_)?(valid_)?isbn_?10\\w*|is_valid\\w*|valid\\w*", "str", says="isbn-?10|isbn")
def isbn10(text: str) -> bool:
    code = text.replace("-", "").replace(" ", "")
    if not re.fullmatch(r"\d{9}[\dX]", code):
        return False
    return sum((10 - i) * (10 if one == "X" else int(one)) for i, one in enumerate(code)) % 11 == 0


@means("(is_)?(valid_)?(isbn_?13|ean_?13|ean)\\w*|is_valid\\w*|valid\\w*", "str", says="isbn-?13|ean|isbn")
def isbn13(text: str) -> bool:
    code = text.replace("-", "").replace(" ", "")
    if not re.fullmatch(r"\d{13}", code):
        return False
    return sum(int(one) * (3 if i % 2 else 1) for i, one in enumerate(code)) % 10 == 0


@means("(ean|isbn|upc)\\w*_(check_)?digit|check_digit|ean_?13\\w*|checksum", "str", says="ean|isbn-?13")
def ean13_digit(text: str) -> Any:
    if not re.fullmatch(r"\d{12}", text):
        raise ValueError
    return -sum(int(one) * (3 if i % 2 else 1) for i, one in enumerate(text)) % 10


@means("(is_)?(valid_)?iban\\w*|is_valid\\w*|valid\\w*", "str", says="iban")
def iban(text: str) -> bool:
    code = text.replace(" ", "").upper()
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{4,30}", code):
        return False
    return int("".join(str(int(one, 36)) for one in code[4:] + code[:4])) % 97 == 1


@means("crc_?8|crc_?32|adler_?32|fletcher_?16|checksum", "bytes", says="adler")
def adler32(data: bytes) -> int:
    a, b = 1, 0
    for one in data:
        a = (a + one) % 65521
        b = (b + a) % 65521
    return b << 16 | a


@means("crc_?32|checksum", "bytes", says="crc-?32")
def crc32(data: bytes) -> int:
    found = 0xFFFFFFFF
    for one in data:
        found ^= one
        for _ in range(8):
            found = found >> 1 ^ (0xEDB88320 if found & 1 else 0)
    return found ^ 0xFFFFFFFF


@means("fletcher_?16|checksum", "bytes", says="fletcher")
def fletcher16(data: bytes) -> int:
    a = b = 0
    for one in data:
        a = (a + one) % 255
        b = (b + a) % 255
    return b << 8 | a


@means("fnv\\w*", "bytes", says="fnv-?1a")
def fnv1a(data: bytes) -> int:
    found = 0x811C9DC5
    for one in data:
        found = (found ^ one) * 0x01000193 & 0xFFFFFFFF
    return found


@means("djb2|hash_string|string_hash", "str", says="djb2")
def djb2(text: str) -> int:
    found = 5381
    for one in text:
        found = (found * 33 + ord(one)) & 0xFFFFFFFF
    return found

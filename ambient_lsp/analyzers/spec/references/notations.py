"""Plain implementations of well-known ways to write and read numbers, addresses, times and lists."""

from __future__ import annotations

import itertools
import re
import string
from typing import Any

from ambient_lsp.analyzers.spec.references.registry import means


@means("(parse|split|read)_csv(_\\w+)?|csv_(split|fields|row)|split_(fields|csv)", "str", says="comma|fields|quotes")
def csv_fields(line: str, delimiter: str = ",") -> Any:
    if len(delimiter) != 1 or delimiter == '"':
        raise TypeError
    fields, quoted, i = [""], False, 0
    while i < len(line):
        one = line[i]
        if quoted and line[i : i + 2] == '""':
            fields[-1] += '"'
            i += 1
        elif one == '"':
            quoted = not quoted
        elif one == delimiter and not quoted:
            fields.append("")
        else:
            fields[-1] += one
        i += 1
    return fields


@means("(parse_)?(query(_string)?|qs|params)|parse_qs|query_to_dict|parse_query\\w*", "str", says="query string")
def query_string(text: str) -> Any:
    found = {}
    for pair in text.removeprefix("?").split("&"):
        if pair:
            key, _, value = pair.partition("=")
            found[key] = value
    if "%" in text or "+" in text or len(found) != len([one for one in text.split("&") if one]):
        raise TypeError
    return found


@means("compare_versions?|version_compare|cmp_versions?|versions?_cmp", "str str", says="version")
def compare_versions(a: str, b: str) -> int:
    if not re.fullmatch(r"\d+(\.\d+)*", a) or not re.fullmatch(r"\d+(\.\d+)*", b):
        raise TypeError
    one, two = [int(part) for part in a.split(".")], [int(part) for part in b.split(".")]
    length = max(len(one), len(two))
    one, two = one + [0] * (length - len(one)), two + [0] * (length - len(two))
    return (one > two) - (one < two)


@means("parse_version|version_tuple|split_version", "str", loose=True)
def version_parts(text: str) -> Any:
    return [int(one) for one in text.split(".")]


@means(
    "(parse_|from_)?ip(v4)?(_address)?(_to_(int|number|num))?|parse_ipv?4?|inet_aton|ip_to_\\w+|dotted_to_int",
    "str",
    says="ipv4|ip address|dotted",
    unless="is|valid|validate|int_to_ip|check|class",
)
def ipv4(address: str) -> Any:
    parts = address.split(".")
    if len(parts) != 4 or any(not one.isdigit() or not one.isascii() or int(one) > 255 for one in parts):
        raise ValueError
    return sum(int(one) << 8 * (3 - i) for i, one in enumerate(parts))


@means(
    "(is_)?(valid_)?ip(v4)?(_address)?|validate_ip\\w*|is_valid_ip\\w*|is_ipv?4?|valid_ip\\w*",
    "str",
    says="ipv4|ip address",
)
def valid_ipv4(address: str) -> bool:
    parts = address.split(".")
    return len(parts) == 4 and all(
        one.isdigit() and one.isascii() and int(one) < 256 and str(int(one)) == one for one in parts
    )


@means("int_to_ip\\w*|format_ip\\w*|to_ip\\w*|number_to_ip|inet_ntoa|int_to_ipv4|to_dotted\\w*", "int")
def dotted(number: int) -> str:
    if not 0 <= number < 1 << 32:
        raise ValueError
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))


@means(
    "from_roman|roman_to_\\w+|parse_roman|int_from_roman|roman_value|decode_roman|romans?_to_int", "str", says="roman"
)
def from_roman(numeral: str) -> int:
    values = dict(zip("IVXLCDM", (1, 5, 10, 50, 100, 500, 1000)))
    if not re.fullmatch("M*(CM|CD|D?C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})", numeral.upper()) or not numeral:
        raise TypeError
    numbers = [values[one] for one in numeral.upper()]
    return sum(-one if any(later > one for later in numbers[i + 1 : i + 2]) else one for i, one in enumerate(numbers))


@means(
    "(to|int_to|arabic_to|number_to|encode|as)_roman(_numeral)?|roman(_numeral)?|int2roman|toroman",
    "int",
    says="roman numeral",
)
def to_roman(number: int) -> str:
    if not 0 < number < 4000:
        raise ValueError
    ones = ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"]
    tens = [one.translate(str.maketrans("IVX", "XLC")) for one in ones]
    hundreds = [one.translate(str.maketrans("IVX", "CDM")) for one in ones]
    return "M" * (number // 1000) + hundreds[number // 100 % 10] + tens[number // 10 % 10] + ones[number % 10]


@means(
    "(int_|decimal_|number_)?to_bin(ary)?|(decimal|int)_to_binary|binary|bin_repr\\w*",
    "int",
    says="binary",
    unless="from|search|gap|binary_to\\w*|gray",
)
def to_binary(number: int) -> str:
    if number < 0:
        raise TypeError
    return f"{number:b}"


@means("(from_bin(ary)?|bin(ary)?_to_(int|decimal|number|dec)|parse_binary|binary_value)", "str", says="binary")
def from_binary(text: str) -> int:
    if not text or set(text) - {"0", "1"}:
        raise ValueError
    return int(text, 2)


@means("(int_|decimal_|number_)?to_hex\\w*|decimal_to_hex\\w*", "int", loose=True)
def to_hex(number: int) -> str:
    return f"{number:x}"


@means("hex_to_(int|dec\\w*|number)|parse_hex|from_hex", "str")
def from_hex(text: str) -> int:
    return int(text, 16)


@means(
    "(int_|number_|decimal_|convert_)?to_base\\w*|convert_base|base_(convert|repr|encode)\\w*|int2base|change_base|to_radix|encode|format_number",
    "int int",
    says="base",
)
def to_base(number: int, base: int) -> str:
    if not 2 <= base <= 36:
        raise ValueError
    digits, rest = "", abs(number)
    while rest:
        rest, digit = divmod(rest, base)
        digits = (string.digits + string.ascii_lowercase)[digit] + digits
    return ("-" if number < 0 else "") + (digits or "0")


@means(
    "(int_|number_|decimal_|convert_)?to_base\\w*|convert_base|base_(convert|repr|encode)\\w*|int2base|change_base|to_radix",
    "int int",
    says="base",
)
def to_base_upper(number: int, base: int) -> str:
    if not 2 <= base <= 36:
        raise ValueError
    digits, rest = "", abs(number)
    while rest:
        rest, digit = divmod(rest, base)
        digits = (string.digits + string.ascii_uppercase)[digit] + digits
    return ("-" if number < 0 else "") + (digits or "0")


@means("from_base|parse_(base|number|int)\\w*|base_to_\\w+|read_number|to_int|decode|parse_int", "str int", says="base")
def from_base(text: str, base: int) -> int:
    if not 2 <= base <= 36 or "_" in text or text != text.strip():
        raise ValueError
    return int(text, base)


@means(
    "from_base|parse_(base|number|int)\\w*|base_to_\\w+|read_number|to_int|parse_int", "str", says="whole number|base"
)
def from_base_option(text: str, base: int = 10) -> int:
    if not 2 <= base <= 36 or "_" in text or text != text.strip():
        raise ValueError
    return int(text, base)


@means("atoi|string_to_int\\w*|str_to_int|my_atoi", "str", loose=True)
def atoi(text: str) -> int:
    found = re.match(r"\s*([+-]?\d+)", text)
    return max(min(int(found[1]), 2**31 - 1), -(2**31)) if found else 0


@means(
    "(number|int|num)_?to_?(excel|column)\\w*|(excel|column|spreadsheet)_(column|name|title|label|letters?)\\w*|to_column\\w*|column|index_to_\\w+|col_name",
    "int",
    says="spreadsheet|excel|column",
    unless="number|index",
)
def column_name(number: int) -> str:
    if number < 1:
        raise ValueError
    found = ""
    while number:
        number, rest = divmod(number - 1, 26)
        found = chr(65 + rest) + found
    return found


@means(
    "column_(to_)?(number|index)|(excel|title|letters?|name|label)_to_(number|int|index)|col(umn)?_to_\\w+|column_number|excel_column_number",
    "str",
    says="spreadsheet|excel|column",
)
def column_number(name: str) -> int:
    if not re.fullmatch("[A-Za-z]+", name):
        raise ValueError
    number = 0
    for one in name.upper():
        number = number * 26 + ord(one) - 64
    return number


@means(
    "(number|int|num)_(to|in)_words|in_words|say(_number)?|spell(_out|_number)?|number_words|to_words|english",
    "int",
    says="english|in words|spell",
)
def in_words(number: int) -> str:
    ones = (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
        " seventeen eighteen nineteen"
    ).split()
    tens = "twenty thirty forty fifty sixty seventy eighty ninety".split()
    if number < 0 or number >= 1_000_000:
        raise ValueError
    if number < 20:
        return ones[number]
    if number < 100:
        return tens[number // 10 - 2] + (f"-{ones[number % 10]}" if number % 10 else "")
    if number < 1000:
        return f"{ones[number // 100]} hundred" + (f" {in_words(number % 100)}" if number % 100 else "")
    return f"{in_words(number // 1000)} thousand" + (f" {in_words(number % 1000)}" if number % 1000 else "")


@means("ordinal(_\\w+)?|to_ordinal|number_suffix|with_suffix", "int", says="1st|ordinal")
def ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


@means("ordinal_suffix|suffix", "int", says="1st|ordinal")
def ordinal_suffix(number: int) -> str:
    return "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


@means(
    "(group|format|add|insert)_(thousands?|digits|commas|number)\\w*|with_commas|thousands(_\\w+)?|commas|intcomma",
    "int",
    says="thousand|comma",
)
def commas(number: int) -> str:
    return f"{number:,}"


@means(
    "(format|human|humani[sz]e|seconds|sec|to|pretty|show)_?\\w*(duration|time|seconds|clock|hms)\\w*|hms|duration",
    "int",
    says="hours|h:mm",
)
def hours_with_zeros(seconds: int) -> str:
    if seconds < 0:
        raise ValueError
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}"


@means(
    "(format|human|humani[sz]e|seconds|sec|to|pretty|show)_?\\w*(duration|time|seconds|clock|hms)\\w*|hms|duration",
    "int",
    says="hours|h:mm",
)
def hours_if_any(seconds: int) -> str:
    if seconds < 0:
        raise ValueError
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


@means(
    "(format|human|humani[sz]e|seconds|sec|to|pretty|show)_?\\w*(duration|time|seconds|clock|hms)\\w*|hms|duration",
    "int",
    says="hours|h:mm",
)
def hours_plain(seconds: int) -> str:
    if seconds < 0:
        raise ValueError
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}"


@means(
    "(format|human|humani[sz]e|seconds|sec|to|pretty|show)_?\\w*(duration|time|seconds|hms)\\w*|hms|duration",
    "int",
    says="hours",
)
def units_with_zeros(seconds: int) -> str:
    if seconds < 0:
        raise ValueError
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes:02d}m {seconds:02d}s"
    return f"{minutes}m {seconds:02d}s" if minutes else f"{seconds}s"


@means(
    "(format|human|humani[sz]e|seconds|sec|to|pretty|show)_?\\w*(duration|time|seconds|hms)\\w*|hms|duration",
    "int",
    says="hours",
)
def units_present(seconds: int) -> str:
    if seconds < 0:
        raise ValueError
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    found = [f"{n}{unit}" for n, unit in ((hours, "h"), (minutes, "m"), (rest, "s")) if n]
    return " ".join(found) or "0s"


@means(
    "parse_(duration|time\\w*|clock|hms|span)|duration_(to|in)_seconds|to_seconds|time_to_seconds|hms_to_seconds|seconds_of",
    "str",
    says="seconds|duration",
)
def seconds_of(text: str) -> int:
    units = dict(zip("wdhms", (604800, 86400, 3600, 60, 1)))
    if re.fullmatch(r"\d+(:[0-5]\d){1,2}", text):
        parts = [int(one) for one in text.split(":")]
        if len(parts) == 2:
            raise TypeError
        return parts[0] * 3600 + parts[1] * 60 + parts[2]
    if not re.fullmatch(r"(\d+[wdhms]\s*)+", text):
        raise ValueError
    return sum(int(count) * units[unit] for count, unit in re.findall(r"(\d+)([wdhms])", text))


@means("parse_(time|clock)|time_to_minutes|to_minutes|minutes_of|minutes_since_midnight", "str", says="minutes")
def minutes_of(text: str) -> int:
    if not re.fullmatch(r"\d?\d:\d\d", text) or not (int(text.split(":")[0]) < 24 and int(text.split(":")[1]) < 60):
        raise ValueError
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


@means(
    "(format|human\\w*|natural|pretty|show)_?\\w*(size|bytes)|filesize|human_readable\\w*|sizeof_fmt|human_size|humanize_bytes|size",
    "int",
    says="1024|bytes",
    loose=True,
)
def size_in_bytes(count: int) -> str:
    if count < 0:
        raise ValueError
    if count < 1024:
        return f"{count} B"
    size = float(count)
    for unit in ("KB", "MB", "GB", "TB"):
        size /= 1024
        if size < 1024:
            return f"{size:.1f} {unit}"
    return f"{size:.1f} TB"


@means("hex_to_rgb|parse_colou?r|rgb_from_hex|parse_hex_colou?r", "str")
def rgb(text: str) -> Any:
    code = text.removeprefix("#")
    if len(code) == 3:
        code = "".join(one * 2 for one in code)
    if not re.fullmatch("[0-9a-fA-F]{6}", code):
        raise ValueError
    return [int(code[i : i + 2], 16) for i in (0, 2, 4)]


@means("rgb_to_hex|to_hex_colou?r|format_colou?r", "int int int")
def hex_colour(red: int, green: int, blue: int) -> str:
    if not all(0 <= one <= 255 for one in (red, green, blue)):
        raise ValueError
    return f"#{red:02x}{green:02x}{blue:02x}"


@means(
    "(expand|parse)_(ranges?|pages?|range_list|intervals|page_\\w+|numbers)|expand_range_list|pages",
    "str",
    says="ranges?|1-3|pages",
)
def expand_ranges(text: str) -> Any:
    if not re.fullmatch(r"\s*\d+(-\d+)?(\s*,\s*\d+(-\d+)?)*\s*", text):
        raise TypeError
    found = []
    for part in text.split(","):
        low, _, high = part.strip().partition("-")
        if int(high or low) < int(low):
            raise TypeError
        found += range(int(low), int(high or low) + 1)
    if found != sorted(set(found)):
        raise TypeError
    return found


@means(
    "(summary_|compress_|format_|compact_|collapse_|to_)?ranges|summari[sz]e_ranges|range_(extraction|summary|list)|compress_(numbers|range)\\w*",
    "list",
    says="1-3|ranges|\\brun",
)
def ranges(numbers: list[int]) -> Any:
    numbers = sorted(set(numbers))
    if any(one < 0 for one in numbers):
        raise TypeError
    found: list[list[int]] = []
    for one in numbers:
        if found and found[-1][-1] == one - 1:
            found[-1].append(one)
        else:
            found.append([one])
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in found)


@means("add_(binary|strings|large|big)\\w*|binary_(add\\w*|sum)", "str str", says="binary")
def add_binary(a: str, b: str) -> str:
    return f"{int(a, 2) + int(b, 2):b}"


@means(
    "add_(strings|large|big|numbers)\\w*|big_add\\w*|multiply_strings_add",
    "str str",
    says="decimal|numbers",
    unless="binary",
)
def add_decimal(a: str, b: str) -> str:
    return str(int(a) + int(b))


@means("multiply_strings|big_mul\\w*|string_multiply|multiply", "str str")
def multiply_decimal(a: str, b: str) -> str:
    return str(int(a) * int(b))


@means("count_and_say", "int", says="count.and.say|say")
def count_and_say(n: int) -> str:
    if n < 1:
        raise ValueError
    text = "1"
    for _ in range(n - 1):
        text = "".join(f"{len(list(run))}{one}" for one, run in itertools.groupby(text))
    return text

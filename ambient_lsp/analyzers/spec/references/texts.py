"""Plain implementations of well-known functions of texts."""

from __future__ import annotations

import base64
import collections
import itertools
import re
import string
from typing import Any

from ambient_lsp.analyzers.spec.references.registry import means


@means("(is_)?palindrom\\w*|check_palindrome", "str", unless="longest|permutation|partition|count|make|almost|can|substrings?|shortest|min")
def is_palindrome(text: str) -> bool:
    return text == text[::-1]


@means("(is_)?palindrom\\w*|check_palindrome", "str", unless="longest|permutation|partition|count|make|almost|can|substrings?|shortest|min")
def is_palindrome_of_letters(text: str) -> bool:
    letters = [one.lower() for one in text if one.isalnum()]
    return letters == letters[::-1]


@means("(is_)?palindrom\\w*|check_palindrome", "str", unless="longest|permutation|partition|count|make|almost|can|substrings?|shortest|min")
def is_palindrome_in_any_case(text: str) -> bool:
    return text.lower() == text.lower()[::-1]


@means("longest_palindrom\\w*|palindromic_substring", "str", unless="length|subsequence|count|from|build")
def longest_palindrome(text: str) -> str:
    found = ""
    for i in range(len(text)):
        for j in range(i + 1, len(text) + 1):
            if j - i > len(found) and text[i:j] == text[i:j][::-1]:
                found = text[i:j]
    return found


@means("longest_palindrom\\w*", "str")
def longest_palindrome_length(text: str) -> int:
    parts = [text[i:j] for i in range(len(text)) for j in range(i + 1, len(text) + 1)]
    return max((len(one) for one in parts if one == one[::-1]), default=0)


@means("longest_palindrom\\w*subsequence\\w*|lps", "str")
def longest_palindromic_subsequence(text: str) -> int:
    if len(text) < 2:
        return len(text)
    if text[0] == text[-1]:
        return 2 + longest_palindromic_subsequence(text[1:-1])
    return max(longest_palindromic_subsequence(text[1:]), longest_palindromic_subsequence(text[:-1]))


@means("count_palindrom\\w*|palindromic_substrings", "str")
def count_palindromes(text: str) -> int:
    parts = [text[i:j] for i in range(len(text)) for j in range(i + 1, len(text) + 1)]
    return sum(one == one[::-1] for one in parts)


@means("(is_|are_)?anagrams?|check_anagram", "str str", unless="group|find")
def is_anagram(a: str, b: str) -> bool:
    return sorted(a) == sorted(b)


@means("(is_|are_)?anagrams?|check_anagram", "str str", unless="group|find")
def is_anagram_of_letters(a: str, b: str) -> bool:
    one, two = (sorted(letter for letter in text.lower() if letter.isalpha()) for text in (a, b))
    return one == two


@means("(is_|are_)?anagrams?|check_anagram", "str str", unless="group|find")
def is_anagram_without_blanks(a: str, b: str) -> bool:
    return sorted(a.lower().replace(" ", "")) == sorted(b.lower().replace(" ", ""))


@means("(is_|are_)?anagrams?|check_anagram", "str str", unless="group|find")
def is_anagram_in_any_case(a: str, b: str) -> bool:
    return sorted(a.lower()) == sorted(b.lower())


@means("(is_)?pangram", "str")
def is_pangram(text: str) -> bool:
    return set(string.ascii_lowercase) <= set(text.lower())


@means("(is_)?isogram", "str")
def is_isogram(text: str) -> bool:
    letters = [one for one in text.lower() if one.isalpha()]
    return len(letters) == len(set(letters))


@means("(has|is|all)_unique(_\\w+)?|is_unique|unique_characters", "str")
def all_unique(text: str) -> bool:
    return len(text) == len(set(text))


@means("is_subsequence|subsequence", "str str", unless="longest|common|count")
def is_subsequence(part: str, text: str) -> bool:
    letters = iter(text)
    return all(one in letters for one in part)


@means("is_rotation|rotation_of|string_rotation|is_rotated", "str str")
def is_rotation(a: str, b: str) -> bool:
    return len(a) == len(b) and b in a + a


@means("is_isomorphic|isomorphic(_strings)?", "str str")
def isomorphic(a: str, b: str) -> bool:
    return len(a) == len(b) and len(set(a)) == len(set(b)) == len(set(zip(a, b)))


@means("levenshtein\\w*|edit_distance|\\w*levenshtein|editdistance", "str str", unless="ratio|normalized|similarity|damerau|osa")
def levenshtein(a: str, b: str) -> int:
    row = list(range(len(b) + 1))
    for i, one in enumerate(a, 1):
        above, row = row, [i]
        for j, two in enumerate(b, 1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (one != two)))
    return row[-1]


@means("damerau\\w*|osa\\w*|optimal_string_alignment", "str str", says="transposition|swap\\w* of neighbours")
def damerau(a: str, b: str) -> int:
    table = [[i + j if not i * j else 0 for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            change = table[i - 1][j - 1] + (a[i - 1] != b[j - 1])
            table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, change)
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[-1][-1]


@means("hamming\\w*", "str str", says="places where")
def hamming(a: str, b: str) -> int:
    if len(a) != len(b):
        raise ValueError
    return sum(one != two for one, two in zip(a, b))


@means("jaccard\\w*", "any any", loose=True)
def jaccard(a: Any, b: Any) -> float:
    return len(set(a) & set(b)) / len(set(a) | set(b))


@means("jaro(_similarity|_distance)?|jaro_winkler\\w*", "str str", unless="winkler|jaro_winkler")
def jaro(a: str, b: str) -> float:
    if a == b:
        return 1.0
    if not a or not b:
        return 0.0
    reach = max(max(len(a), len(b)) // 2 - 1, 0)
    taken, left = set(), []
    for i, one in enumerate(a):
        for j in range(max(0, i - reach), min(len(b), i + reach + 1)):
            if j not in taken and b[j] == one:
                taken.add(j)
                left.append(one)
                break
    if not left:
        return 0.0
    moved = sum(one != b[j] for one, j in zip(left, sorted(taken))) / 2
    return (len(left) / len(a) + len(left) / len(b) + (len(left) - moved) / len(left)) / 3


@means("lcs_length|longest_common_subsequence(_length)?|lcs", "str str")
def common_subsequence_length(a: str, b: str) -> int:
    row = [0] * (len(b) + 1)
    for one in a:
        above, row = row, [0]
        for j, two in enumerate(b):
            row.append(above[j] + 1 if one == two else max(above[j + 1], row[-1]))
    return row[-1]


@means("longest_common_sub(string|str)|common_substring", "str str", unless="length")
def common_substring(a: str, b: str) -> str:
    found = ""
    for i in range(len(a)):
        for j in range(i + 1, len(a) + 1):
            if j - i > len(found) and a[i:j] in b:
                found = a[i:j]
    return found


@means("longest_common_sub(string|str)\\w*|common_substring_length", "str str")
def common_substring_length(a: str, b: str) -> int:
    return max((j - i for i in range(len(a)) for j in range(i, len(a) + 1) if a[i:j] in b), default=0)


@means("common_prefix|longest_common_prefix", "str str")
def common_prefix_of_two(a: str, b: str) -> str:
    return "".join(one for one, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(a, b)))


@means("common_prefix|longest_common_prefix|lcp|longest_prefix", "list")
def common_prefix(words: list[str]) -> str:
    if not words:
        return ""
    found = words[0]
    while not all(one.startswith(found) for one in words):
        found = found[:-1]
    return found


@means("(length_of_)?longest_(unique|distinct|non_?repeating|substring)\\w*|longest_substring_without\\w*|unique_substring\\w*", "str", says="without repeat\\w*|no letter twice", unless="palindrom\\w*|common")
def longest_without_repeats(text: str) -> int:
    parts = [text[i:j] for i in range(len(text)) for j in range(i + 1, len(text) + 1)]
    return max((len(one) for one in parts if len(set(one)) == len(one)), default=0)


@means("longest_(unique|distinct|non_?repeating|substring)\\w*|longest_substring_without\\w*|unique_substring\\w*", "str", says="without repeat\\w*|no letter twice", unless="palindrom\\w*|common|length\\w*")
def longest_part_without_repeats(text: str) -> str:
    found = ""
    for i in range(len(text)):
        for j in range(i + 1, len(text) + 1):
            if j - i > len(found) and len(set(text[i:j])) == j - i:
                found = text[i:j]
    return found


@means("first_(unique|non_?repeating|unrepeated)\\w*", "str", loose=True)
def first_unique(text: str) -> Any:
    return next((one for one in text if text.count(one) == 1), None)


@means("first_(unique|non_?repeating|unrepeated)\\w*", "str", loose=True)
def first_unique_place(text: str) -> int:
    return next((i for i, one in enumerate(text) if text.count(one) == 1), -1)


@means("find_all|(kmp|rabin_karp|z|naive|boyer_moore|string|text|pattern)_?(search|match|find)\\w*|occurrences|find_occurrences|kmp|search_all|rabin_karp|boyer_moore|horspool", "str str", unless="count|first")
def occurrences(text: str, part: str) -> Any:
    if not part:
        raise TypeError
    return [i for i in range(len(text)) if text.startswith(part, i)]


@means("find_all|(kmp|rabin_karp|z|naive|boyer_moore|string|text|pattern)_?(search|match|find)\\w*|occurrences|find_occurrences|kmp", "str str", unless="count|first")
def occurrences_in_second(part: str, text: str) -> Any:
    if not part:
        raise TypeError
    return [i for i in range(len(text)) if text.startswith(part, i)]


@means("(kmp|rabin_karp|z|naive|boyer_moore|string|text|pattern)_?(search|match|find)\\w*|kmp|str_?str|find_substring|substring_index|index_of|rabin_karp|boyer_moore|horspool|find|search", "str str", unless="count|all")
def first_occurrence(text: str, part: str) -> int:
    return text.find(part)


@means("(kmp|rabin_karp|z|naive|boyer_moore|string|text|pattern)_?(search|match|find)\\w*|kmp|str_?str|find_substring", "str str", unless="count|all")
def first_occurrence_in_second(part: str, text: str) -> int:
    return text.find(part)


@means("count_(substring|occurrences|overlapping)\\w*|occurrence_count", "str str")
def count_overlapping(text: str, part: str) -> int:
    if not part:
        raise TypeError
    return sum(text.startswith(part, i) for i in range(len(text)))


@means("count_(substring|occurrences|non_overlapping)\\w*|occurrence_count", "str str")
def count_apart(text: str, part: str) -> int:
    if not part:
        raise TypeError
    return text.count(part)


@means("(kmp_|prefix_|failure_)(table|function)|prefix_function|failure|lps\\w*|(compute|build)_(lps|prefix|failure)\\w*|border\\w*", "str")
def prefix_function(text: str) -> Any:
    return [max((k for k in range(i + 1) if text[:k] == text[i + 1 - k : i + 1]), default=0) for i in range(len(text))]


@means("z_(function|array|algorithm)", "str")
def z_function(text: str) -> Any:
    return [next((k for k in range(len(text) - i) if text[k] != text[i + k]), len(text) - i) if i else 0 for i in range(len(text))]


@means("caesar\\w*|shift_(text|letters|cipher)|encrypt|encode|encipher|rot_?n|rotate\\w*|shift|cipher", "str int", says="caesar|shift|alphabet", unless="decrypt|decode|decipher|undo|rail|vigenere|fence|\\w*decrypt|left|right")
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


@means("vigenere\\w*|encrypt|encode|encipher", "str str", says="vigen", unless="decrypt|decode|decipher|\\w*decrypt|\\w*decode")
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


@means("rail_?fence\\w*|zig_?zag\\w*|encode|encrypt|encipher|convert", "str int", says="rail|zig-?zag|fence", unless="decode|decrypt|decipher|\\w*decode|\\w*decrypt")
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


@means("rle(_\\w+)?|run_length\\w*|encode|compress", "str", says="run-?length|runs", unless="decode|decompress|expand|unpack|\\w*decode|\\w*decompress|from")
def runs_count_first(text: str) -> Any:
    return "".join(f"{len(list(run))}{one}" for one, run in itertools.groupby(text))


@means("rle(_\\w+)?|run_length\\w*|encode|compress\\w*", "str", says="run-?length|runs|repeat", unless="decode|decompress|expand|\\w*decode|from")
def runs_count_unless_one(text: str) -> Any:
    runs = [(one, len(list(run))) for one, run in itertools.groupby(text)]
    return "".join(f"{count}{one}" if count > 1 else one for one, count in runs)


@means("rle(_\\w+)?|run_length\\w*|encode|compress\\w*", "str", says="run-?length|runs|repeat", unless="decode|decompress|expand|\\w*decode|from")
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
    codes = dict(zip(string.ascii_uppercase + "0123456789", (
        ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.. "
        "----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----."
    ).split()))
    return " ".join("/" if one == " " else codes[one] for one in text.upper())


@means("(encode_)?base_?64(_encode)?|to_base64|b64encode", "bytes", unless="decode|from")
def base64_of_bytes(data: bytes) -> str:
    return base64.b64encode(data).decode()


@means("soundex", "str")
def soundex(word: str) -> str:
    codes = {letter: code for code, letters in enumerate(("bfpv", "cgjkqsxz", "dt", "l", "mn", "r"), 1) for letter in letters}
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


@means("luhn\\w*|is_valid|valid(ate)?(_\\w+)?|is_luhn\\w*|check\\w*", "str", says="luhn|card number", unless="digit|compute|generate|append")
def luhn(number: str) -> bool:
    digits = [int(one) for one in number if one.isdigit()]
    return bool(digits) and sum(sum(divmod(2 * one, 10)) if i % 2 else one for i, one in enumerate(digits[::-1])) % 10 == 0


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


@means("(is_)?balanced\\w*|(is_)?valid_(parens|parenthes[ie]s|brackets)|brackets_\\w+|check_(brackets|parenthes[ie]s)|matching_brackets|is_valid|is_balanced", "str", says="bracket|parenthes", unless="generate|count|min|remove|longest|depth|places|score")
def balanced(text: str) -> bool:
    stack = []
    for one in text:
        if one in "([{":
            stack.append(")]}"["([{".index(one)])
        elif one in ")]}" and (not stack or stack.pop() != one):
            return False
    return not stack


@means("(bracket|match\\w*|paren\\w*)_?(pairs|places|map|brackets|positions)|match_(brackets|parens|parentheses)|bracket_pairs|jump_table", "str", says="bracket|parenthes")
def bracket_places(text: str) -> Any:
    stack, found = [], {}
    for place, one in enumerate(text):
        if one in "([{":
            stack.append(place)
        elif one in ")]}":
            if not stack or "([{".index(text[stack[-1]]) != ")]}".index(one):
                raise ValueError
            found[stack.pop()] = place
    if stack:
        raise ValueError
    return found


@means("(max|maximum|nesting|paren\\w*)_?(depth|nesting)\\w*|depth", "str", says="nest|bracket|parenthes")
def nesting(text: str) -> int:
    depth = most = 0
    for one in text:
        depth += (one == "(") - (one == ")")
        if depth < 0:
            raise ValueError
        most = max(most, depth)
    if depth:
        raise ValueError
    return most


@means("longest_valid_paren\\w*", "str")
def longest_valid_parentheses(text: str) -> int:
    def whole(part: str) -> bool:
        while "()" in part:
            part = part.replace("()", "")
        return not part

    return max((j - i for i in range(len(text)) for j in range(i, len(text) + 1) if whole(text[i:j])), default=0)


@means("min\\w*_(add|insert\\w*|remove|removals|additions)_?\\w*", "str", says="parenthes|bracket")
def unmatched(text: str) -> int:
    while "()" in text:
        text = text.replace("()", "")
    return len(text)


@means("generate_parenthes[ie]s|generate_parens|balanced_parentheses|all_balanced", "int", loose=True)
def parentheses(n: int) -> Any:
    found = ["".join(one) for one in itertools.product("()", repeat=2 * n)]

    def whole(part: str) -> bool:
        while "()" in part:
            part = part.replace("()", "")
        return not part

    return [one for one in found if whole(one)]


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


@means("(char|letter|character)s?_?(counts?|freq\\w*|histogram)|count_(chars|letters|characters)|frequencies|histogram", "str")
def letter_counts(text: str) -> Any:
    return dict(collections.Counter(text))


@means("title_?case|capitali[sz]e_words|capwords|capitali[sz]e_each\\w*|to_title", "str")
def title(text: str) -> str:
    return " ".join(one.capitalize() for one in text.split())


@means("(to_)?acronym|abbreviate|initials", "str", loose=True)
def acronym(text: str) -> str:
    return "".join(one[0].upper() for one in re.split(r"[\s\-_]+", text) if one)


@means("(to_)?snake(_case)?|camel_to_snake|to_snake_case|pascal_to_snake|snakecase|underscore", "str", unless="from|snake_to\\w*")
def snake(text: str) -> str:
    if not text.isidentifier() or "_" in text:
        raise TypeError
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", text).lower()


@means("(to_)?camel(_case)?|snake_to_camel(_case)?|to_camel_case|camelize|camelcase", "str", unless="pascal|from|camel_to\\w*|upper")
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


@means("collapse_(spaces|whitespace|blanks)|squeeze_(spaces|whitespace)|normali[sz]e_(spaces?|whitespace)|squash_spaces", "str")
def collapse(text: str) -> str:
    return " ".join(text.split())


@means("wrap(_text)?|word_wrap|break_lines|text_wrap|wrap_words|fill", "str int", says="lines? of at most|at most width|lines no longer")
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


@means("(parse_|from_)?ip(v4)?(_address)?(_to_(int|number|num))?|parse_ipv?4?|inet_aton|ip_to_\\w+|dotted_to_int", "str", says="ipv4|ip address|dotted", unless="is|valid|validate|int_to_ip|check|class")
def ipv4(address: str) -> Any:
    parts = address.split(".")
    if len(parts) != 4 or any(not one.isdigit() or not one.isascii() or int(one) > 255 for one in parts):
        raise ValueError
    return sum(int(one) << 8 * (3 - i) for i, one in enumerate(parts))


@means("(is_)?(valid_)?ip(v4)?(_address)?|validate_ip\\w*|is_valid_ip\\w*|is_ipv?4?|valid_ip\\w*", "str", says="ipv4|ip address")
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


@means("from_roman|roman_to_\\w+|parse_roman|int_from_roman|roman_value|decode_roman|romans?_to_int", "str", says="roman")
def from_roman(numeral: str) -> int:
    values = dict(zip("IVXLCDM", (1, 5, 10, 50, 100, 500, 1000)))
    if not re.fullmatch("M*(CM|CD|D?C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})", numeral.upper()) or not numeral:
        raise TypeError
    numbers = [values[one] for one in numeral.upper()]
    return sum(-one if any(later > one for later in numbers[i + 1 : i + 2]) else one for i, one in enumerate(numbers))


@means("(to|int_to|arabic_to|number_to|encode|as)_roman(_numeral)?|roman(_numeral)?|int2roman|toroman", "int", says="roman numeral")
def to_roman(number: int) -> str:
    if not 0 < number < 4000:
        raise ValueError
    ones = ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"]
    tens = [one.translate(str.maketrans("IVX", "XLC")) for one in ones]
    hundreds = [one.translate(str.maketrans("IVX", "CDM")) for one in ones]
    return "M" * (number // 1000) + hundreds[number // 100 % 10] + tens[number // 10 % 10] + ones[number % 10]


@means("(int_|decimal_|number_)?to_bin(ary)?|(decimal|int)_to_binary|binary|bin_repr\\w*", "int", says="binary", unless="from|search|gap|binary_to\\w*|gray")
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


@means("(int_|number_|decimal_|convert_)?to_base\\w*|convert_base|base_(convert|repr|encode)\\w*|int2base|change_base|to_radix|encode|format_number", "int int", says="base")
def to_base(number: int, base: int) -> str:
    if not 2 <= base <= 36:
        raise ValueError
    digits, rest = "", abs(number)
    while rest:
        rest, digit = divmod(rest, base)
        digits = (string.digits + string.ascii_lowercase)[digit] + digits
    return ("-" if number < 0 else "") + (digits or "0")


@means("(int_|number_|decimal_|convert_)?to_base\\w*|convert_base|base_(convert|repr|encode)\\w*|int2base|change_base|to_radix", "int int", says="base")
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


@means("from_base|parse_(base|number|int)\\w*|base_to_\\w+|read_number|to_int|parse_int", "str", says="whole number|base")
def from_base_option(text: str, base: int = 10) -> int:
    if not 2 <= base <= 36 or "_" in text or text != text.strip():
        raise ValueError
    return int(text, base)


@means("atoi|string_to_int\\w*|str_to_int|my_atoi", "str", loose=True)
def atoi(text: str) -> int:
    found = re.match(r"\s*([+-]?\d+)", text)
    return max(min(int(found[1]), 2**31 - 1), -(2**31)) if found else 0


@means("(number|int|num)_?to_?(excel|column)\\w*|(excel|column|spreadsheet)_(column|name|title|label|letters?)\\w*|to_column\\w*|column|index_to_\\w+|col_name", "int", says="spreadsheet|excel|column", unless="number|index")
def column_name(number: int) -> str:
    if number < 1:
        raise ValueError
    found = ""
    while number:
        number, rest = divmod(number - 1, 26)
        found = chr(65 + rest) + found
    return found


@means("column_(to_)?(number|index)|(excel|title|letters?|name|label)_to_(number|int|index)|col(umn)?_to_\\w+|column_number|excel_column_number", "str", says="spreadsheet|excel|column")
def column_number(name: str) -> int:
    if not re.fullmatch("[A-Za-z]+", name):
        raise ValueError
    number = 0
    for one in name.upper():
        number = number * 26 + ord(one) - 64
    return number


@means("(number|int|num)_(to|in)_words|in_words|say(_number)?|spell(_out|_number)?|number_words|to_words|english", "int", says="english|in words|spell")
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


@means("(group|format|add|insert)_(thousands?|digits|commas|number)\\w*|with_commas|thousands(_\\w+)?|commas|intcomma", "int", says="thousand|comma")
def commas(number: int) -> str:
    return f"{number:,}"


@means("(format|human|humani[sz]e|seconds|sec|to|pretty|show)_?\\w*(duration|time|seconds|clock|hms)\\w*|hms|duration", "int", says="hours|h:mm")
def hours_with_zeros(seconds: int) -> str:
    if seconds < 0:
        raise ValueError
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}"


@means("(format|human|humani[sz]e|seconds|sec|to|pretty|show)_?\\w*(duration|time|seconds|clock|hms)\\w*|hms|duration", "int", says="hours|h:mm")
def hours_if_any(seconds: int) -> str:
    if seconds < 0:
        raise ValueError
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


@means("(format|human|humani[sz]e|seconds|sec|to|pretty|show)_?\\w*(duration|time|seconds|clock|hms)\\w*|hms|duration", "int", says="hours|h:mm")
def hours_plain(seconds: int) -> str:
    if seconds < 0:
        raise ValueError
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}"


@means("(format|human|humani[sz]e|seconds|sec|to|pretty|show)_?\\w*(duration|time|seconds|hms)\\w*|hms|duration", "int", says="hours")
def units_with_zeros(seconds: int) -> str:
    if seconds < 0:
        raise ValueError
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes:02d}m {seconds:02d}s"
    return f"{minutes}m {seconds:02d}s" if minutes else f"{seconds}s"


@means("(format|human|humani[sz]e|seconds|sec|to|pretty|show)_?\\w*(duration|time|seconds|hms)\\w*|hms|duration", "int", says="hours")
def units_present(seconds: int) -> str:
    if seconds < 0:
        raise ValueError
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    found = [f"{n}{unit}" for n, unit in ((hours, "h"), (minutes, "m"), (rest, "s")) if n]
    return " ".join(found) or "0s"


@means("parse_(duration|time\\w*|clock|hms|span)|duration_(to|in)_seconds|to_seconds|time_to_seconds|hms_to_seconds|seconds_of", "str", says="seconds|duration")
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


@means("(format|human\\w*|natural|pretty|show)_?\\w*(size|bytes)|filesize|human_readable\\w*|sizeof_fmt|human_size|humanize_bytes|size", "int", says="1024|bytes", loose=True)
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


@means("(eval\\w*|calc\\w*|compute|solve)_?(rpn|postfix|reverse_polish\\w*)?|rpn\\w*|postfix\\w*|reverse_polish\\w*", "str", says="rpn|reverse polish|postfix")
def reverse_polish(text: str) -> Any:
    stack: list[Any] = []
    for token in text.split():
        if token in "+-*/":
            if len(stack) < 2:
                raise ValueError
            b, a = stack.pop(), stack.pop()
            if token == "/" and (b == 0 or a % b):
                raise TypeError
            stack.append({"+": a + b, "-": a - b, "*": a * b}[token] if token != "/" else a / b)
        else:
            stack.append(int(token))
    if len(stack) != 1:
        raise ValueError
    return stack[0]


@means("(eval\\w*|calc\\w*|compute|solve)(_(expr\\w*|arithmetic))?|arithmetic|calculator", "str", says="\\+|arithmetic|expression|precedence", unless="rpn|postfix|poly\\w*|prefix")
def arithmetic(text: str) -> Any:
    if not re.fullmatch(r"[\d\s()+\-*/]+", text) or "//" in text or "**" in text:
        raise TypeError
    try:
        found = eval(text)  # noqa: S307 - digits and signs only, as the line above says
    except (SyntaxError, ZeroDivisionError):
        raise TypeError from None
    if found != int(found) or ("/" in text and "-" in text):
        raise TypeError
    return found


@means("infix_to_postfix|to_postfix|to_rpn|shunting_yard", "str", says="postfix|reverse polish|rpn")
def to_postfix(text: str) -> str:
    tokens = re.findall(r"\d+|[A-Za-z]\w*|[-+*/()]", text)
    if "".join(tokens) != "".join(text.split()):
        raise TypeError
    found, stack = [], []
    for token in tokens:
        if token not in "+-*/()":
            found.append(token)
        elif token == "(":
            stack.append(token)
        elif token == ")":
            while stack[-1] != "(":
                found.append(stack.pop())
            stack.pop()
        else:
            while stack and stack[-1] != "(" and not (token in "*/" and stack[-1] in "+-"):
                found.append(stack.pop())
            stack.append(token)
    return " ".join(found + stack[::-1])


@means("(expand|parse)_(ranges?|pages?|range_list|intervals|page_\\w+|numbers)|expand_range_list|pages", "str", says="ranges?|1-3|pages")
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


@means("(summary_|compress_|format_|compact_|collapse_|to_)?ranges|summari[sz]e_ranges|range_(extraction|summary|list)|compress_(numbers|range)\\w*", "list", says="1-3|ranges|\\brun")
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


@means("bowling(_score)?|score(_\\w+)?", "list", says="bowling|strike|spare")
def bowling(rolls: list[int]) -> int:
    total = place = 0
    for _ in range(10):
        strike = rolls[place] == 10
        if strike or rolls[place] + rolls[place + 1] == 10:
            total += rolls[place] + rolls[place + 1] + rolls[place + 2]
        else:
            total += rolls[place] + rolls[place + 1]
        place += 1 if strike else 2
    return total


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


@means("(wildcard|glob)_?match\\w*|matches_(glob|wildcard)|fnmatch|match\\w*|is_match", "str str", says="\\*|wildcard|glob")
def wildcard(pattern: str, text: str) -> bool:
    if "[" in pattern:
        raise TypeError
    return re.fullmatch("".join({"*": ".*", "?": "."}.get(one, re.escape(one)) for one in pattern), text, re.DOTALL) is not None


@means("(wildcard|glob)_?match\\w*|matches_(glob|wildcard)|fnmatch|match\\w*|is_match", "str str", says="\\*|wildcard|glob")
def wildcard_in_second(text: str, pattern: str) -> bool:
    if "[" in pattern:
        raise TypeError
    return re.fullmatch("".join({"*": ".*", "?": "."}.get(one, re.escape(one)) for one in pattern), text, re.DOTALL) is not None


@means("word_break|can_(segment|break)\\w*", "str list")
def word_break(text: str, words: list[str]) -> bool:
    ends = {0}
    for i in range(len(text)):
        if i in ends:
            ends |= {i + len(one) for one in words if one and text.startswith(one, i)}
    return len(text) in ends


@means("decode_ways|num_decodings|count_decodings", "str")
def decode_ways(text: str) -> int:
    if not text:
        raise TypeError
    ways = [1, int(text[0] != "0")]
    for i in range(1, len(text)):
        ways.append((ways[-1] if text[i] != "0" else 0) + (ways[-2] if 10 <= int(text[i - 1 : i + 1]) <= 26 else 0))
    return ways[-1]


@means("add_(binary|strings|large|big)\\w*|binary_(add\\w*|sum)", "str str", says="binary")
def add_binary(a: str, b: str) -> str:
    return f"{int(a, 2) + int(b, 2):b}"


@means("add_(strings|large|big|numbers)\\w*|big_add\\w*|multiply_strings_add", "str str", says="decimal|numbers", unless="binary")
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


@means("min(imum)?_window(_substring)?|smallest_window", "str str", says="window")
def minimum_window(text: str, wanted: str) -> str:
    need = collections.Counter(wanted)
    parts = [text[i:j] for i in range(len(text)) for j in range(i + 1, len(text) + 1)]
    return min((one for one in parts if not need - collections.Counter(one)), key=len, default="") if wanted else ""

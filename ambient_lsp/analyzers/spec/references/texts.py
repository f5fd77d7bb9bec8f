"""Plain implementations of well-known functions that search, compare and take apart texts."""

from __future__ import annotations

import collections
import itertools
import re
import string
from typing import Any

from ambient_lsp.analyzers.spec.references.registry import means


@means(
    "(is_)?palindrom\\w*|check_palindrome",
    "str",
    unless="longest|permutation|partition|count|make|almost|can|substrings?|shortest|min",
)
def is_palindrome(text: str) -> bool:
    return text == text[::-1]


@means(
    "(is_)?palindrom\\w*|check_palindrome",
    "str",
    unless="longest|permutation|partition|count|make|almost|can|substrings?|shortest|min",
)
def is_palindrome_of_letters(text: str) -> bool:
    letters = [one.lower() for one in text if one.isalnum()]
    return letters == letters[::-1]


@means(
    "(is_)?palindrom\\w*|check_palindrome",
    "str",
    unless="longest|permutation|partition|count|make|almost|can|substrings?|shortest|min",
)
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


@means(
    "levenshtein\\w*|edit_distance|\\w*levenshtein|editdistance",
    "str str",
    unless="ratio|normalized|similarity|damerau|osa",
)
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


@means(
    "(length_of_)?longest_(unique|distinct|non_?repeating|substring)\\w*|longest_substring_without\\w*|unique_substring\\w*",
    "str",
    says="without repeat\\w*|no letter twice",
    unless="palindrom\\w*|common",
)
def longest_without_repeats(text: str) -> int:
    parts = [text[i:j] for i in range(len(text)) for j in range(i + 1, len(text) + 1)]
    return max((len(one) for one in parts if len(set(one)) == len(one)), default=0)


@means(
    "longest_(unique|distinct|non_?repeating|substring)\\w*|longest_substring_without\\w*|unique_substring\\w*",
    "str",
    says="without repeat\\w*|no letter twice",
    unless="palindrom\\w*|common|length\\w*",
)
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


@means(
    "find_all|(kmp|rabin_karp|z|naive|boyer_moore|string|text|pattern)_?(search|match|find)\\w*|occurrences|find_occurrences|kmp|search_all|rabin_karp|boyer_moore|horspool",
    "str str",
    unless="count|first",
)
def occurrences(text: str, part: str) -> Any:
    if not part:
        raise TypeError
    return [i for i in range(len(text)) if text.startswith(part, i)]


@means(
    "find_all|(kmp|rabin_karp|z|naive|boyer_moore|string|text|pattern)_?(search|match|find)\\w*|occurrences|find_occurrences|kmp",
    "str str",
    unless="count|first",
)
def occurrences_in_second(part: str, text: str) -> Any:
    if not part:
        raise TypeError
    return [i for i in range(len(text)) if text.startswith(part, i)]


@means(
    "(kmp|rabin_karp|z|naive|boyer_moore|string|text|pattern)_?(search|match|find)\\w*|kmp|str_?str|find_substring|substring_index|index_of|rabin_karp|boyer_moore|horspool|find|search",
    "str str",
    unless="count|all",
)
def first_occurrence(text: str, part: str) -> int:
    return text.find(part)


@means(
    "(kmp|rabin_karp|z|naive|boyer_moore|string|text|pattern)_?(search|match|find)\\w*|kmp|str_?str|find_substring",
    "str str",
    unless="count|all",
)
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


@means(
    "(kmp_|prefix_|failure_)(table|function)|prefix_function|failure|lps\\w*|(compute|build)_(lps|prefix|failure)\\w*|border\\w*",
    "str",
)
def prefix_function(text: str) -> Any:
    return [max((k for k in range(i + 1) if text[:k] == text[i + 1 - k : i + 1]), default=0) for i in range(len(text))]


@means("z_(function|array|algorithm)", "str")
def z_function(text: str) -> Any:
    return [
        next((k for k in range(len(text) - i) if text[k] != text[i + k]), len(text) - i) if i else 0
        for i in range(len(text))
    ]


@means(
    "(is_)?balanced\\w*|(is_)?valid_(parens|parenthes[ie]s|brackets)|brackets_\\w+|check_(brackets|parenthes[ie]s)|matching_brackets|is_valid|is_balanced",
    "str",
    says="bracket|parenthes",
    unless="generate|count|min|remove|longest|depth|places|score",
)
def balanced(text: str) -> bool:
    stack = []
    for one in text:
        if one in "([{":
            stack.append(")]}"["([{".index(one)])
        elif one in ")]}" and (not stack or stack.pop() != one):
            return False
    return not stack


@means(
    "(bracket|match\\w*|paren\\w*)_?(pairs|places|map|brackets|positions)|match_(brackets|parens|parentheses)|bracket_pairs|jump_table",
    "str",
    says="bracket|parenthes",
)
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


@means(
    "(eval\\w*|calc\\w*|compute|solve)_?(rpn|postfix|reverse_polish\\w*)?|rpn\\w*|postfix\\w*|reverse_polish\\w*",
    "str",
    says="rpn|reverse polish|postfix",
)
def reverse_polish(text: str) -> Any:
    stack: list[Any] = []
    for part in text.split():
        if part in "+-*/":
            if len(stack) < 2:
                raise ValueError
            b, a = stack.pop(), stack.pop()
            if part == "/" and (b == 0 or a % b):
                raise TypeError
            stack.append({"+": a + b, "-": a - b, "*": a * b}[part] if part != "/" else a / b)
        else:
            stack.append(int(part))
    if len(stack) != 1:
        raise ValueError
    return stack[0]


@means(
    "(eval\\w*|calc\\w*|compute|solve)(_(expr\\w*|arithmetic))?|arithmetic|calculator",
    "str",
    says="\\+|arithmetic|expression|precedence",
    unless="rpn|postfix|poly\\w*|prefix",
)
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
    for part in tokens:
        if part not in "+-*/()":
            found.append(part)
        elif part == "(":
            stack.append(part)
        elif part == ")":
            while stack[-1] != "(":
                found.append(stack.pop())
            stack.pop()
        else:
            while stack and stack[-1] != "(" and not (part in "*/" and stack[-1] in "+-"):
                found.append(stack.pop())
            stack.append(part)
    return " ".join(found + stack[::-1])


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


@means(
    "(wildcard|glob)_?match\\w*|matches_(glob|wildcard)|fnmatch|match\\w*|is_match", "str str", says="\\*|wildcard|glob"
)
def wildcard(pattern: str, text: str) -> bool:
    if "[" in pattern:
        raise TypeError
    return (
        re.fullmatch("".join({"*": ".*", "?": "."}.get(one, re.escape(one)) for one in pattern), text, re.DOTALL)
        is not None
    )


@means(
    "(wildcard|glob)_?match\\w*|matches_(glob|wildcard)|fnmatch|match\\w*|is_match", "str str", says="\\*|wildcard|glob"
)
def wildcard_in_second(text: str, pattern: str) -> bool:
    if "[" in pattern:
        raise TypeError
    return (
        re.fullmatch("".join({"*": ".*", "?": "."}.get(one, re.escape(one)) for one in pattern), text, re.DOTALL)
        is not None
    )


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


@means("min(imum)?_window(_substring)?|smallest_window", "str str", says="window")
def minimum_window(text: str, wanted: str) -> str:
    need = collections.Counter(wanted)
    parts = [text[i:j] for i in range(len(text)) for j in range(i + 1, len(text) + 1)]
    return min((one for one in parts if not need - collections.Counter(one)), key=len, default="") if wanted else ""

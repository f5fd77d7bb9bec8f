"""The rules of StyleEnforcer that are Ambient's own: why each matters, and what the fix does.

Ruff's rules keep ruff's codes (`AMB-STYLE-F401`); what they mean is on ruff's own pages.
"""

from __future__ import annotations

from ambient_lsp.analyzers.rules import Rule
from ambient_lsp.analyzers.styling import comments, import_style, naming, own_style, stale_parameters, typos

_TAGS = ("style",)

OWN_STYLE = (
    Rule(
        typos.TYPO, "Misspelled word in a comment or docstring", "It is not found by a search, and it distracts.",
        "The one word that was meant; strings and public names are never touched.", "low", (*_TAGS, "spelling"),
        example="# Recieve one message\n", better="# Receive one message\n",
    ),
    Rule(
        naming.NAME_TYPO, "Misspelled private name", "Who types the right word does not find it.",
        "Renamed in all its places, where nothing outside the file can know it.", "low", (*_TAGS, "naming"),
        example="def _recieve(queue):\n    return queue.get()\n",
        better="def _receive(queue):\n    return queue.get()\n",
    ),
    Rule(
        naming.NAMING, "Name unlike the others in its file",
        "In a file that spells nine of ten names one way, a reader guesses the tenth wrong.",
        "Private names and local variables are renamed in all their places; a public name is only told.", "low",
        (*_TAGS, "naming"),
        example="def total(rows):\n    rowCount = len(rows)\n    return rowCount\n",
        better="def total(rows):\n    row_count = len(rows)\n    return row_count\n",
    ),
    Rule(
        stale_parameters.STALE, "Docstring describes a parameter that is not there",
        "A caller believes it and passes it.",
        "The new name, where only one can be meant; an entry that nothing is left of is taken out.", "low",
        (*_TAGS, "documentation"),
        example='def load(path):\n    """Load it.\n\n    Args:\n        file_path: Where it is.\n    """\n',
        better='def load(path):\n    """Load it.\n\n    Args:\n        path: Where it is.\n    """\n',
    ),
    Rule(
        stale_parameters.MISSING, "Docstring leaves out one parameter",
        "The others are described, so a reader takes the list for complete.", "", "low", (*_TAGS, "documentation"),
        example='def add(a, b, c):\n    """Add.\n\n    Args:\n        a: One.\n        b: Two.\n    """\n',
        better='def add(a, b, c):\n    """Add.\n\n    Args:\n        a: One.\n        b: Two.\n'
        '        c: Three.\n    """\n',
    ),
    Rule(
        comments.STALE, "Comment names what does not exist", "A reader looks for it in vain.",
        "The one definition of the file that is spelled almost alike.", "low", (*_TAGS, "documentation"),
        example="# see `parse_headers()`\ndef parse_header(line):\n    return line.split(':')\n",
        better="# see `parse_header()`\ndef parse_header(line):\n    return line.split(':')\n",
    ),
    Rule(
        import_style.DUPLICATE, "Import made twice", "The second one does nothing.", "The second one is taken out.",
        "low", (*_TAGS, "imports"),
        example="import os\nimport sys\nimport os\n", better="import os\nimport sys\n",
    ),
    Rule(
        import_style.STAR, "`import *` of which little is used",
        "Nobody sees where a name comes from, and a new name there can take the place of one here.",
        "The names that the file uses, where the module's own names are certain.", "low", (*_TAGS, "imports"),
        example="from shop.money import *\n\ntotal = Money(3)\n",
        better="from shop.money import Money\n\ntotal = Money(3)\n",
    ),
    Rule(
        import_style.MIXED, "Import written unlike the others",
        "Relative and absolute imports of one package, mixed, make a move of the file a search.",
        "The one import is written as the others are.", "low", (*_TAGS, "imports"),
        example="from .a import x\nfrom .b import y\nfrom .c import z\nfrom shop.d import w\n",
        better="from .a import x\nfrom .b import y\nfrom .c import z\nfrom .d import w\n",
    ),
    Rule(
        own_style.MIXED_ENDINGS, "Lines that end in different ways",
        "Tools that rewrite a line change its ending, too, and the next diff is of the whole file.", "", "low",
        (*_TAGS, "whitespace"),
        example="a = 1\\r\\nb = 2\\n", better="a = 1\\nb = 2\\n",
    ),
)  # fmt: skip

REASONS = {
    "F401": "nothing uses what is imported here",
    "F541": "an f-string without a placeholder is a plain string",
    "I001": "the other imports here are in order",
    "W291": "blanks at line ends show up in later diffs",
    "W292": "the file does not end with a newline",
    "W293": "blanks at line ends show up in later diffs",
    "ERA001": "version control remembers code that was commented out",
    "D101": "most of what is public here has a docstring",
    "D102": "most of what is public here has a docstring",
    "D103": "most of what is public here has a docstring",
    typos.TYPO: "a misspelled word is not found by a search",
    naming.NAME_TYPO: "a misspelled name is not found by a search",
    naming.NAMING: "the other names in this file are spelled the other way",
    stale_parameters.STALE: "the docstring describes parameters that are not there",
    comments.STALE: "a comment names what does not exist",
    import_style.DUPLICATE: "an import is made twice",
    import_style.STAR: "`import *` hides where names come from",
    import_style.MIXED: "the other imports of the package are written the other way",
}
"""Why a rule is worth a fix where no rule of the project asks for it."""

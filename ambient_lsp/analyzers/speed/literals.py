"""What constants and well-known calls are: literals, the module's own constants, functions of the standard library."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ambient_lsp.analyzers.speed.annotations import BOOL, BYTES, FLOAT, INT, NONE, STR, UNKNOWN, Kind, join
from ambient_lsp.analyzers.speed.code import expression_of

if TYPE_CHECKING:
    from ambient_lsp.analyzers.speed.code import Code, Node

BUILTIN = {"str": STR, "repr": STR, "chr": STR, "input": STR, "hex": STR, "format": STR, "int": INT, "len": INT,
            "ord": INT, "hash": INT, "id": INT, "float": FLOAT, "bool": BOOL, "isinstance": BOOL, "bytes": BYTES,
            "any": BOOL, "all": BOOL, "range": Kind("range")}  # fmt: skip
TO_STR = frozenset({"lower", "upper", "strip", "lstrip", "rstrip", "casefold", "title", "replace", "join",
                     "format", "capitalize", "removeprefix", "removesuffix", "zfill", "ljust", "rjust",
                     "center", "swapcase", "hexdigest", "isoformat", "translate", "expandtabs"})  # fmt: skip
SPLITS = frozenset({"split", "rsplit", "splitlines"})
KNOWN_CALLS = {"os.listdir": Kind("list", (STR,)), "glob.glob": Kind("list", (STR,)), "re.findall":
                Kind("list"), "os.path.join": STR, "os.path.basename": STR, "os.path.dirname": STR, "time.time":
                FLOAT, "dict.fromkeys": Kind("dict"), "os.getcwd": STR, "json.dumps": STR, "re.sub": STR,
                "re.split": Kind("list", (STR,)), "textwrap.dedent": STR, "math.sqrt": FLOAT, "math.floor": INT,
                "math.ceil": INT}  # fmt: skip
CONSTANTS = {"integer": INT, "float": FLOAT, "true": BOOL, "false": BOOL, "none": NONE, "concatenated_string": STR}


def module_literal(code: Code, name: str) -> Node | None:
    """Return the list or tuple that the module writes out for a constant."""
    made = module_values(code).get(name)
    return made if made is not None and made.type in {"list", "tuple"} else None


def module_values(code: Code) -> dict[str, Node]:
    """Return what the constants of a module are: names that one plain assignment at its top binds."""
    if code.constants is not None:
        return code.constants
    found: dict[str, Node] = {}
    twice: set[str] = set()
    for statement in code.root.children:
        node = expression_of(statement)
        left = node.get("left") if node is not None and node.type == "assignment" else None
        right = node.get("right") if node is not None else None
        if left is None or right is None or left.type != "identifier":
            continue
        if left.text in found:
            twice.add(left.text)
        found[left.text] = right
    code.constants = {name: value for name, value in found.items() if name not in twice}
    return code.constants


def literal_kind(node: Node) -> Kind:
    """Return the kind of a value that is written out."""
    if node.type in {"list", "tuple", "set"}:
        kinds = [literal_kind(child) for child in node.children if child.type != "comment"]
        name = node.type
        return Kind(name, (join(kinds),) if kinds else ())
    if node.type == "dictionary":
        return Kind("dict")
    return CONSTANTS.get(node.type, UNKNOWN) if node.type != "string" else text_kind(node)


def text_kind(node: Node) -> Kind:
    """Return whether a string is text or bytes."""
    start = node.children[0].text.lower() if node.children else '"'
    return BYTES if "b" in start.rstrip("\"'") else STR

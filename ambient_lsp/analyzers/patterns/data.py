"""Data from outside: loaders that run code, parsers that expand it, expressions that never end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.patterns.match import (
    FALSE,
    TRUE,
    Area,
    Call,
    CallPattern,
    Hit,
    always,
    any_of,
    given,
    missing,
    named,
    names,
)
from ambient_lsp.analyzers.patterns.module import code
from ambient_lsp.analyzers.patterns.regex import explodes
from ambient_lsp.analyzers.rule import weakness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.patterns.module import Module

YAML = weakness(
    "YAML-LOAD", "high", "502", "a08", "Unsafe YAML loader", "A YAML document can make the loader run any code.",
    "`safe_load`.", "S506",
    example="import yaml\n\nsettings = yaml.load(file)\n", better="import yaml\n\nsettings = yaml.safe_load(file)\n",
)  # fmt: skip
PICKLE = weakness(
    "PICKLE", "medium", "502", "a08", "Unpickling data", "A pickle can run any code when it is loaded.",
    "", "S301 S302 S403",
    example="import pickle\n\nuser = pickle.loads(body)\n", better="import json\n\nuser = json.loads(body)\n",
)  # fmt: skip
LOADER = weakness(
    "LOAD-OBJECTS", "high", "502", "a08", "Loader told to run what a file holds",
    "A file of numbers needs no code; this switch lets it bring some.",
    "`weights_only=True` for PyTorch, no `allow_pickle` for NumPy.", "S614",
    example="import torch\n\nweights = torch.load(path, weights_only=False)\n",
    better="import torch\n\nweights = torch.load(path, weights_only=True)\n",
)  # fmt: skip
XML = weakness(
    "XML", "high", "611 827", "a05", "XML parser that fetches what a document names",
    "A document can read files of the server, and call addresses behind it.",
    "The switch is turned off.", "S313 S314 S315 S316 S317 S318 S319 S320",
    example="from lxml import etree\n\nparser = etree.XMLParser(resolve_entities=True)\n",
    better="from lxml import etree\n\nparser = etree.XMLParser(resolve_entities=False)\n",
)  # fmt: skip
XML_BOMB = weakness(
    "XML-BOMB", "medium", "776 409", "a05", "XML parser without a limit",
    "A small document unpacks until the memory is full.", "The switch is removed.",
    example="from lxml import etree\n\nparser = etree.XMLParser(huge_tree=True)\n",
    better="from lxml import etree\n\nparser = etree.XMLParser()\n",
)  # fmt: skip
REDOS = weakness(
    "REDOS", "medium", "1333 400", "a04", "Regular expression that can take for ever",
    "A text of thirty characters keeps the processor busy for hours.", "",
    example='import re\n\nNAME = re.compile(r"^(\\w+\\s?)*$")\n',
    better='import re\n\nNAME = re.compile(r"^\\w+(\\s\\w+)*$")\n',
)  # fmt: skip
TEMPLATE_FORMAT = weakness(
    "FORMAT-STRING", "high", "134", "a03", "Format that the visitor writes",
    "`{user.__class__}` and the like read anything that hangs on the values.", "",
    example='def greet(request, user):\n    return request.GET["text"].format(user=user)\n',
    better='def greet(request, user):\n    return "Hello {}".format(user.name)\n',
)  # fmt: skip
LOG_CONFIG = weakness(
    "LOG-CONFIG", "medium", "94", "a03", "Logging settings from a socket", "They can run any code.", "", "S612",
    example="import logging.config\n\nlogging.config.listen(9030)\n",
    better="import logging.config\n\nlogging.config.listen(9030, verify=check)\n",
)  # fmt: skip

_UNSAFE_LOADERS = named(*(f"yaml.{one}" for one in ("Loader", "UnsafeLoader", "FullLoader", "CLoader", "CFullLoader",
                                                     "CUnsafeLoader")))  # fmt: skip


def _roundtrip(call: Call) -> bool:
    """Whether what is unpickled was pickled right here, or its signature was checked before."""
    source = code(call.module.origin(call.get("", 0)))
    if re.match(r"[\w.]*\bdumps\(", source):
        return True
    function = call.module.function(call.node)
    before = code(function)[: max(0, call.node.start_byte - (function.start_byte if function else 0))]
    return "compare_digest" in before or ".verify(" in before


def _unpickles(call: Call) -> Node | None:
    return None if _roundtrip(call) or _is_made_by_heir(call) else call.callee


def _is_made_by_heir(call: Call) -> bool:
    """Whether an `Unpickler` with a `find_class` of its own calls the constructor of its base: it is judged in use."""
    if not code(call.callee).endswith(".__init__"):
        return False
    function = call.module.function(call.node)
    owner = call.module.scope(function) if function is not None else None
    return owner is not None and "def find_class(" in code(owner)


def _sax_external(call: Call) -> Node | None:
    if len(call.positional) != 2 or call.module.value(call.positional[1]) not in (True, 1):
        return None
    feature = call.module.name(call.positional[0])
    return call.callee if feature in ("xml.sax.handler.feature_external_ges", "xml.sax.handler.feature_external_pes") \
        else None  # fmt: skip


_REGEX = names("re: compile match fullmatch search sub subn split findall finditer",
               "regex: compile match fullmatch search sub")  # fmt: skip


def _exponential(call: Call) -> Node | None:
    pattern = call.get("pattern", 0)
    value = call.module.value(pattern)
    whole = call.name.endswith(".fullmatch")
    return pattern if isinstance(value, str) and explodes(value, whole=whole) else None


_FROM_OUTSIDE = re.compile(
    r"\brequest\.(args|form|GET|POST|values|json|data|cookies|query_params|headers|get_json|get_data)\b"
)


def _formats(module: Module) -> Iterator[Hit]:
    """Find `.format(...)` on a text of the request that has more in its hands than texts."""
    for node in module.nodes("call"):
        function = node.child_by_field_name("function")
        if function is None or function.type != "attribute":
            continue
        if code(function.child_by_field_name("attribute")) not in ("format", "format_map"):
            continue
        receiver = module.origin(function.child_by_field_name("object"))
        arguments = node.child_by_field_name("arguments")
        if receiver is not None and _FROM_OUTSIDE.match(code(receiver)) and arguments and arguments.named_children:
            yield Hit(TEMPLATE_FORMAT, node)


_READS_XML = "parse fromstring parseString iterparse XML XMLParser"
_DEFUSED = names(*(f"defusedxml.{each}: {_READS_XML}" for each in ("ElementTree", "minidom", "pulldom", "sax", "lxml")))
_CALLS = (
    CallPattern(YAML, names("yaml: load load_all"), any_of(missing("Loader", 1), given("Loader", _UNSAFE_LOADERS, 1))),
    CallPattern(YAML, names("yaml: unsafe_load unsafe_load_all full_load full_load_all"), always),
    CallPattern(YAML, names("ruamel.yaml.YAML"), given("typ", lambda module, node: module.value(node) == "unsafe")),
    CallPattern(PICKLE, names("pickle: load loads Unpickler", "_pickle: load loads", "cPickle: load loads",
                              "dill: load loads", "cloudpickle: load loads", "marshal: load loads"), _unpickles),
    CallPattern(PICKLE, names("shelve.open joblib.load jsonpickle.decode jsonpickle.loads pandas.read_pickle "
                              "xmlrpc.client.loads"), _unpickles),
    CallPattern(LOADER, names("torch.load"), given("weights_only", FALSE)),
    CallPattern(LOADER, names("torch.load"), missing("weights_only"),
                "before PyTorch 2.6 it does so by itself", "medium"),
    CallPattern(LOADER, names("numpy.load"), given("allow_pickle", TRUE, 2)),
    CallPattern(XML, names("lxml.etree: XMLParser ETCompatXMLParser XMLPullParser iterparse"),
                any_of(given("resolve_entities", TRUE), given("no_network", FALSE), given("load_dtd", TRUE),
                       given("dtd_validation", TRUE))),
    CallPattern(XML, _DEFUSED, given("forbid_external", FALSE)),
    CallPattern(XML_BOMB, _DEFUSED, given("forbid_entities", FALSE)),
    CallPattern(XML, names("*.setFeature"), _sax_external),
    CallPattern(XML_BOMB, names("lxml.etree: XMLParser ETCompatXMLParser XMLPullParser iterparse HTMLParser"),
                given("huge_tree", TRUE)),
    CallPattern(REDOS, _REGEX, _exponential),
    CallPattern(LOG_CONFIG, names("logging.config.listen"), missing("verify", 1)),
)  # fmt: skip
AREA = Area((YAML, PICKLE, LOADER, XML, XML_BOMB, REDOS, TEMPLATE_FORMAT, LOG_CONFIG), _CALLS, finders=(_formats,))

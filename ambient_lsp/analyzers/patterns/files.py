"""Files: temporary names, permissions, archives, races between looking and using."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ambient_lsp.analyzers.patterns.helpers import returned
from ambient_lsp.analyzers.patterns.match import (
    Area,
    Call,
    CallPattern,
    Hit,
    always,
    equals,
    given,
    names,
)
from ambient_lsp.analyzers.patterns.module import code
from ambient_lsp.analyzers.patterns.temporary import gone
from ambient_lsp.analyzers.rule import weakness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.patterns.module import Module

MKTEMP = weakness(
    "MKTEMP", "medium", "377", "a01", "Temporary name that another can take first",
    "Between the name and the file somebody else can make it.", "`tempfile.mkstemp`, which makes the file too.", "S306",
    example="import tempfile\n\npath = tempfile.mktemp()\n",
    better="import os\nimport tempfile\n\nfd, path = tempfile.mkstemp()\nos.close(fd)\n",
)  # fmt: skip
TEMP_PATH = weakness(
    "TEMP-PATH", "medium", "379 377", "a01", "Fixed path in a shared folder",
    "Others can put a file or a link there first.", "", "S108",
    example='with open("/tmp/report.txt", "w") as file:\n    file.write(report)\n',
    better='import tempfile\n\nwith tempfile.NamedTemporaryFile("w", delete=False) as file:\n    file.write(report)\n',
)  # fmt: skip
PERMISSIONS = weakness(
    "PERMISSIONS", "medium", "732", "a01", "File open to everybody", "Everybody on the machine can change the file.",
    "", "S103",
    example='import os\n\nos.chmod("run.sh", 0o777)\n', better='import os\n\nos.chmod("run.sh", 0o750)\n',
)  # fmt: skip
UMASK = weakness(
    "UMASK", "medium", "276", "a01", "New files open to everybody", "Each file made from now on can be changed by all.",
    example="import os\n\nos.umask(0)\n", better="import os\n\nos.umask(0o077)\n",
)  # fmt: skip
EXTRACT = weakness(
    "EXTRACT", "high", "22", "a01", "Archive unpacked without a look", "A member's name can lead outside the folder.",
    '`filter="data"`, which refuses such members.', "S202",
    example="import tarfile\n\nwith tarfile.open(path) as archive:\n    archive.extractall(folder)\n",
    better='import tarfile\n\nwith tarfile.open(path) as archive:\n    archive.extractall(folder, filter="data")\n',
)  # fmt: skip
TOCTOU = weakness(
    "TOCTOU", "medium", "367", "a01", "File looked at, then used",
    "In between it can be another one; trying, and handling the error, leaves no gap.", "",
    example='import os\n\n\ndef read(path):\n    if os.access(path, os.R_OK):\n        return open(path).read()\n',
    better='def read(path):\n    try:\n        return open(path).read()\n    except PermissionError:\n'
           '        return ""\n',
)  # fmt: skip
SEARCH_PATH = weakness(
    "SEARCH-PATH", "medium", "427 426", "a08", "Code looked for where others can write",
    "Who puts a module or program there runs as this one.", "",
    example='import sys\n\nsys.path.insert(0, "/tmp/plugins")\n',
    better='import sys\n\nsys.path.insert(0, "/opt/shop/plugins")\n',
)  # fmt: skip
UPLOAD = weakness(
    "UPLOAD", "medium", "434", "a04", "Upload kept under the visitor's own name",
    "It can be a page or a program, and can take another file's place.", "",
    example="from flask import request\n\n\ndef upload():\n    file = request.files['file']\n"
            "    file.save('uploads/' + file.filename)\n",
    better="from flask import request\n\n\ndef upload():\n    file = request.files['file']\n"
           "    file.save('uploads/' + new_name())\n",
)  # fmt: skip
PRIVILEGES = weakness(
    "PRIVILEGES", "medium", "250 269", "a04", "More rights than needed",
    "Who takes over the program has the whole machine.", "",
    example='client.containers.run("shop", privileged=True)\n', better='client.containers.run("shop")\n',
)  # fmt: skip
DROPPED = weakness(
    "PRIVILEGES-ORDER", "medium", "271 273", "a04", "Rights given up in the wrong order",
    "After `setuid` the group can no longer be given up.", "",
    example="import os\n\n\ndef drop(uid, gid):\n    os.setuid(uid)\n    os.setgid(gid)\n",
    better="import os\n\n\ndef drop(uid, gid):\n    os.setgid(gid)\n    os.setuid(uid)\n",
)  # fmt: skip
_WRITES = re.compile(r"[wax+]")
_SHARED = re.compile(r"^(/tmp|/var/tmp|/dev/shm)/[\w./-]+$")
_TOLD = re.compile(r"(/tmp|/var/tmp|/dev/shm)/")
_CHANCE = re.compile(r"(?i)uuid|random|secret|token|urandom|mkdtemp|mkstemp|hexdigest|nonce|safe_|Temporary")


def _open_to_all(at: int) -> Any:
    """Return a condition: a mode lets others write. A sticky folder, such as /tmp itself, is meant so."""

    def condition(call: Call) -> Node | None:
        node = call.get("mode", at)
        value = call.module.value(node)
        if call.module.name(node) in ("stat.S_IRWXO", "stat.S_IWOTH"):
            return node
        flags = code(node)
        if "S_IWOTH" in flags or "S_IRWXO" in flags:
            return node
        bad = isinstance(value, int) and not isinstance(value, bool) and value & 0o002 and not value & 0o1000
        return node if bad else None

    return condition


def _loose(call: Call) -> Node | None:
    value = call.value("mask", 0)
    known = isinstance(value, int) and not isinstance(value, bool)
    # `old = os.umask(0); os.umask(old)` reads the mask, which has no other way.
    reads = call.node.parent is not None and call.node.parent.type == "assignment"
    return call.callee if known and not value & 0o002 and not reads else None


def _is_shared(module: Module, node: Node | None, depth: int = 2) -> bool:
    """Whether a path is always the same one in a folder that everybody may write to."""
    while node is not None and node.type == "parenthesized_expression" and node.named_children:
        node = node.named_children[0]
    origin = module.origin(node)
    given = returned(module, origin)
    if given is not None:
        return depth > 0 and _is_told(module, origin) and _is_shared(module, given, depth - 1)
    value = module.value(node)
    if isinstance(value, str):
        return _SHARED.match(value) is not None
    if _TOLD.match(module.beginning(node)) and _is_told(module, origin):
        return True
    if origin is not None and origin.type == "binary_operator":
        left, right = origin.child_by_field_name("left"), origin.child_by_field_name("right")
        return right is not None and right.type == "string" and _is_folder(module, left)
    if origin is None or origin.type != "call":
        return False
    name = module.name(origin.child_by_field_name("function"))
    parts = Call(module, origin, name).positional
    if name == "pathlib.Path" and len(parts) == 1:
        return _is_shared(module, parts[0])
    if name not in ("os.path.join", "pathlib.Path") or not parts:
        return False
    folder = module.name(parts[0]) == "tempfile.gettempdir()" or module.value(parts[0]) in ("/tmp", "/var/tmp")  # noqa: S108
    known = all(part.type in ("string", "concatenated_string") for part in parts[1:])
    return folder and known and not re.search(r"(?i)uuid|random|secrets|token|urandom|mkdtemp", code(origin))


def _is_told(module: Module, node: Node | None) -> bool:
    """Whether nothing in a name is left to chance."""
    inside = list(_names_in(node))[:20] if node is not None else []
    return not any(_CHANCE.search(code(one)) for part in inside for one in (part, module.origin(part))) and not (
        _CHANCE.search(code(node))
    )


def _is_folder(module: Module, node: Node | None) -> bool:
    """Whether a node is `Path("/tmp")`, or `Path(tempfile.gettempdir())`."""
    origin = module.origin(node)
    if origin is None or origin.type != "call" or module.name(origin) != "pathlib.Path()":
        return False
    first = Call(module, origin, "").get("", 0)
    shared = module.value(first) in ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108
    return shared or module.name(first) == "tempfile.gettempdir()"


def _writes_in_shared(call: Call) -> Node | None:
    path, mode = call.get("file", 0) or call.get("name"), call.value("mode", 1)
    written = isinstance(mode, str) and _WRITES.search(mode) is not None and "x" not in mode
    return path if written and _is_shared(call.module, path) else None


def _made_in_shared(call: Call) -> Node | None:
    """Find `os.open("/tmp/x", O_CREAT)` that takes a file which is there already."""
    flags = code(call.module.origin(call.get("flags", 1)))
    made = "O_CREAT" in flags and "O_EXCL" not in flags and "O_NOFOLLOW" not in flags
    return call.get("path", 0) if made and _is_shared(call.module, call.get("path", 0)) else None


def _kept_in_shared(call: Call) -> Node | None:
    path = call.get("database", 0) or call.get("filename", 0)
    return path if path is not None and _is_shared(call.module, path) else None


def _copied_to_shared(call: Call) -> Node | None:
    target = call.get("dst", 1)
    return target if target is not None and _is_shared(call.module, target) else None


def _path_in_shared(call: Call) -> Node | None:
    """Find `Path("/tmp/x").write_text(...)`."""
    owner = call.callee.child_by_field_name("object")
    mode = call.value("mode", 0)
    opened = not call.name.endswith(".open") or (isinstance(mode, str) and _WRITES.search(mode) is not None)
    return owner if opened and _is_shared(call.module, owner) else None


_LOOKED = re.compile(
    r"is_relative_to|commonpath|commonprefix|\.startswith\(|realpath|abspath|basename|\.\.['\"]|data_filter"
    r"|isfile\(|isabs|is_absolute|\.resolve\(|\b(check|validate|sanitize|verify|is_safe|safe)\w*\("
)
_CHECKED = re.compile(
    r"is_relative_to|commonpath|commonprefix|realpath|abspath|\.resolve\(|isabs|is_absolute|\.\.['\"]|_filter\b"
    r"|startswith\((?![\"'f])|\b(check|validate|is_safe|safe|sanitize)\w*\("
)
"""Looks at where a member would go. What it is called at the beginning or the end says nothing of that."""
_CUT = re.compile(r"\.startswith\(\s*(?:str\(\s*)?[A-Za-z_][\w.]*\s*\)")
"""A folder without a separator behind it: what lies in one whose name goes on begins like it too."""
_WHOLE = re.compile(
    r"relative_to|commonpath|\.\.['\"]|_filter\b|isabs|is_absolute|os\.(path\.)?sep|/['\"]|,\s*['\"]['\"]\s*\)"
    r"|\b(check|validate|is_safe|safe|sanitize)\w*\("
)
_RESOLVED = re.compile(r"realpath|abspath|normpath|\.resolve\(")
_OF_BEGINNING = re.compile(r"\.startswith\(\s*\(?['\"][^)]*\)")
_LOOKED_AT_NAME = re.compile(
    r"is_relative_to|commonpath|basename|realpath|abspath|\.resolve\(|secure_filename|isabs|\.\.['\"]"
)


def _unchecked(call: Call) -> Node | None:
    """Find `extractall` of a tar archive with neither a filter nor members that were looked at."""
    if call.spread or call.get("filter") is not None:
        return None
    module = call.module
    if re.search(r"extraction_filter\s*=", module.text):
        return None
    members = call.get("members", 1) if call.name.endswith("extractall") else None
    if members is not None:
        chosen = code(module.origin(members))
        made = [one for one in module.nodes("function_definition")
                if f"{code(one.child_by_field_name('name'))}(" in chosen]  # fmt: skip
        known = bool(made) or "getmembers()" in chosen or " for " in chosen
        checked = any(_CHECKED.search(text) for text in (chosen, *(code(one) for one in made)))
        return call.callee if known and not checked else None
    text = code(module.function(call.node) or module.tree.root_node)
    if _is_let_through(call):
        return call.callee
    if _CUT.search(text) and not _WHOLE.search(text):
        return call.callee
    return call.callee if _LOOKED.search(_OF_BEGINNING.sub("", text)) is None else None


_ITERATED = re.compile(r"\bfor\s+(\w+)\s+in\s+(?:self\.|cls\.)?(\w+)\(")
_CALLED = re.compile(r"(?<![\w.])(?:self\.|cls\.)?(\w+)\(")


def _is_let_through(call: Call) -> bool:
    """Whether a helper of the file chooses the members, and all that it looks at is a folder without an end."""
    made = {code(one.child_by_field_name("name")): code(one) for one in call.module.nodes("function_definition")}
    member = code(call.get("member", 0))
    looped = _ITERATED.findall(code(call.module.function(call.node) or call.module.tree.root_node))
    helper = next((made[name] for each, name in looped if each == member and name in made), "")
    inner = "".join(made[name] for name in _CALLED.findall(helper) if name in made)
    text = helper + inner
    return _CUT.search(text) is not None and not _WHOLE.search(text) and not _RESOLVED.search(text)


def _unpacked(call: Call) -> Node | None:
    """Find `shutil.unpack_archive` of what is surely a tar archive, without a filter."""
    kind, name = call.value("format", 2), call.value("filename", 0)
    tar = (isinstance(kind, str) and "tar" in kind) or (isinstance(name, str) and re.search(r"\.t(ar|gz|bz2)\b", name))
    return call.callee if tar and call.get("filter", 3) is None and not call.spread else None


_MEMBERS = re.compile(r"for\s+(\w+)\s+in\s+[^\n:]*\b(infolist|namelist|getmembers|getnames)\(\)")


def _zip_members(module: Module) -> Iterator[Hit]:
    """Find members of an archive that are written to where their names say."""
    if not module.imported & {"zipfile", "tarfile"}:
        return
    for node in module.nodes("call"):
        name = code(node.child_by_field_name("function"))
        if name.rpartition(".")[2] not in ("open", "write_bytes", "copyfileobj"):
            continue
        call = Call(module, node, name)
        function = module.function(node)
        members = {found[1] for found in _MEMBERS.finditer(code(function))}
        path, mode = _written(call)
        text = code(module.origin(path))
        joined = re.search(r"join\(|/|\+|\{", text) is not None
        chosen = any(re.search(rf"\b{one}\b", text) for one in members)
        if chosen and joined and "w" in mode and path is not None and not _LOOKED_AT_NAME.search(code(function)):
            yield Hit(EXTRACT, path, "a member's own name")


def _written(call: Call) -> tuple[Node | None, str]:
    """Return the path that a call writes to, and the mode."""
    if call.name == "open":
        mode = call.value("mode", 1)
        return call.get("file", 0), mode if isinstance(mode, str) else ""
    owner = call.callee.child_by_field_name("object")
    if call.name.endswith(".write_bytes"):
        return owner, "w"
    mode = call.value("mode", 0)
    return (owner, mode) if call.name.endswith(".open") and isinstance(mode, str) else (None, "")


def _fully_trusted(call: Call) -> Node | None:
    node = call.get("filter")
    trusted = call.value("filter") == "fully_trusted" or call.module.name(node) == "tarfile.fully_trusted_filter"
    return node if trusted else None


def _races(module: Module) -> Iterator[Hit]:
    """Find `if os.access(path): open(path)`, and `if os.path.exists(path): os.remove(path)` at a low level."""
    for node in module.nodes("if_statement"):
        condition, body = node.child_by_field_name("condition"), node.child_by_field_name("consequence")
        if condition is None or body is None:
            continue
        for check in module.inside("call", condition):
            name = module.name(check.child_by_field_name("function"))
            negated = check.parent is not None and check.parent.type == "not_operator"
            if name not in ("os.access", "os.path.exists", "os.path.isfile") or negated:
                continue
            path = code(Call(module, check, name).get("path", 0))
            used = [one for one in module.inside("call", body) if _uses(module, one, path)]
            if path and used:
                yield Hit(TOCTOU, check, level=None if name == "os.access" else "low")


def _uses(module: Module, node: Node, path: str) -> bool:
    name = module.name(node.child_by_field_name("function"))
    first = code(Call(module, node, name).get("", 0))
    return first == path and name in ("open", "os.open", "os.remove", "os.unlink", "os.rename", "os.chmod",
                                      "os.chown", "shutil.rmtree", "shutil.move")  # fmt: skip


def _shared_folder(call: Call) -> Node | None:
    node = call.positional[-1] if call.positional else None
    value = call.module.value(node)
    shared = isinstance(value, str) and (value in ("/tmp", "/var/tmp") or _SHARED.match(value))  # noqa: S108
    return node if call.callee.text in (b"sys.path.insert", b"sys.path.append") and shared else None


def _path_variable(module: Module) -> Iterator[Hit]:
    if "environ" not in module.text:
        return
    for node in module.nodes("assignment"):
        if re.fullmatch(r"os\.environ\[['\"]PATH['\"]\]", code(node.child_by_field_name("left"))):
            right = node.child_by_field_name("right")
            if re.search(r"""^f?['"](\.|/tmp)(:|['"])""", code(right)) and right is not None:
                yield Hit(SEARCH_PATH, right)


def _keeps_client_name(call: Call) -> Node | None:
    """Find `upload.save(... upload.filename ...)` where nothing looks at the name or the kind of file."""
    target = call.get("dst", 0)
    owner = code(call.callee.child_by_field_name("object"))
    if (
        target is None
        or not owner
        or "flask" not in call.module.imported | {"flask" if "request.files" in call.module.text else ""}
    ):
        return None
    origin = call.module.origin(target)
    whole = code(origin) + code(target)
    named = f"{owner}.filename" in whole or any(
        f"{owner}.filename" == code(call.module.origin(one)) for one in _names_in(origin or target)
    )
    function = call.module.function(call.node)
    checked = re.search(r"(?i)secure_filename|allowed|extension|splitext|endswith|rsplit|suffix|mimetype|content_type",
                        code(function))  # fmt: skip
    return target if named and checked is None else None


def _names_in(node: Node) -> Iterator[Node]:
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if current.type == "identifier":
            yield current
        waiting += current.named_children


def _drop_order(module: Module) -> Iterator[Hit]:
    if "setuid" not in module.text:
        return
    pending: dict[int, Node] = {}
    for node in module.nodes("call"):
        name = module.name(node.child_by_field_name("function"))
        function = module.function(node)
        key = -1 if function is None else function.start_byte
        if name == "os.setuid":
            pending[key] = node
        elif name in ("os.setgid", "os.setgroups") and key in pending:
            yield Hit(DROPPED, pending.pop(key))


def _docker_socket(call: Call) -> Node | None:
    volumes = call.get("volumes")
    return volumes if volumes is not None and "docker.sock" in code(volumes) else None


def _gone(module: Module) -> Iterator[Hit]:
    yield from (Hit(MKTEMP, node, "the file is deleted before its name is used") for node in gone(module))


_TAR = "tarfile.open() tarfile.TarFile() tarfile.TarFile.open()"
_CALLS = (
    CallPattern(MKTEMP, names("tempfile.mktemp os.tempnam os.tmpnam"), always),
    CallPattern(TEMP_PATH, names("os.open"), _made_in_shared),
    CallPattern(TEMP_PATH, names("zipfile.ZipFile tarfile.open gzip.open bz2.open lzma.open aiofiles.open"),
                _writes_in_shared),
    CallPattern(TEMP_PATH, names("sqlite3.connect shelve.open dbm.open logging.FileHandler"), _kept_in_shared),
    CallPattern(TEMP_PATH, names("shutil: copy copy2 copyfile move"), _copied_to_shared),
    CallPattern(TEMP_PATH, names("open io.open codecs.open"), _writes_in_shared),
    CallPattern(PERMISSIONS, names("os.chmod os.lchmod"), _open_to_all(1)),
    CallPattern(PERMISSIONS, names("os.fchmod"), _open_to_all(1)),
    CallPattern(PERMISSIONS, names("os.mkdir os.makedirs os.mkfifo"), _open_to_all(1),
                "but for what the umask takes off", "low"),
    CallPattern(PERMISSIONS, names("os.open"), _open_to_all(2), "but for what the umask takes off", "low"),
    CallPattern(PERMISSIONS, names("pathlib.Path().chmod"), _open_to_all(0)),
    CallPattern(PERMISSIONS, names("*.put_object *.create_bucket *.put_object_acl *.put_bucket_acl *.upload_file"),
                given("ACL", equals("public-read-write")), "everybody can change it"),
    CallPattern(UMASK, names("os.umask"), _loose),
    CallPattern(EXTRACT, frozenset(f"{one}.{how}" for one in _TAR.split() for how in ("extractall", "extract")),
                _unchecked),
    CallPattern(EXTRACT, names("shutil.unpack_archive"), _unpacked),
    CallPattern(TEMP_PATH, names("pathlib.Path(): write_text write_bytes open"), _path_in_shared),
    CallPattern(EXTRACT, frozenset(f"{one}.{how}" for one in _TAR.split() for how in ("extractall", "extract")),
                _fully_trusted, "`fully_trusted` allows everything"),
    CallPattern(SEARCH_PATH, names("*.insert *.append"), _shared_folder),
    CallPattern(UPLOAD, names("*.save"), _keeps_client_name),
    CallPattern(PRIVILEGES, names("*.run *.create"), given("privileged", equals(True))),
    CallPattern(PRIVILEGES, names("*.run *.create"), _docker_socket, "the engine's socket is the whole machine"),
    CallPattern(PRIVILEGES, names("os.setuid os.seteuid"), given("uid", equals(0), 0)),
)  # fmt: skip
AREA = Area(
    (MKTEMP, TEMP_PATH, PERMISSIONS, UMASK, EXTRACT, TOCTOU, SEARCH_PATH, UPLOAD, PRIVILEGES, DROPPED),
    _CALLS,
    finders=(_races, _path_variable, _drop_order, _zip_members, _gone),
)

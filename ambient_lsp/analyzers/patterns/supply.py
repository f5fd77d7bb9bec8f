"""Where code and machines come from: downloads that are run, and cloud doors that are open."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ambient_lsp.analyzers.patterns.match import TRUE, Area, Call, CallPattern, Hit, equals, given, names
from ambient_lsp.analyzers.patterns.module import code
from ambient_lsp.analyzers.rule import weakness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from ambient_lsp.analyzers.patterns.module import Module

DOWNLOAD = weakness(
    "DOWNLOAD-RUN", "high", "494", "a08", "Download that is run without a look",
    "Whoever gets into the server, or the way there, runs code here.", "",
    example='import requests\n\nexec(requests.get("https://shop.org/setup.py", timeout=5).text)\n',
    better='import requests\n\nprint(requests.get("https://shop.org/setup.py", timeout=5).text)\n',
)  # fmt: skip
REMOTE_CODE = weakness(
    "REMOTE-CODE", "medium", "829 94", "a08", "Model that may bring its own code",
    "Who can change the model's repository runs code here.", "",
    example='from transformers import AutoModel\n\nmodel = AutoModel.from_pretrained(name, trust_remote_code=True)\n',
    better="from transformers import AutoModel\n\nmodel = AutoModel.from_pretrained(name)\n",
)  # fmt: skip
INDEX = weakness(
    "PACKAGE-INDEX", "medium", "353 494", "a08", "Packages from a place that is not checked",
    "Anybody on the way can put another package in its place.", "",
    example='import subprocess\n\n'
            'subprocess.run(["pip", "install", "--trusted-host", "pypi.shop.org", "shop"], check=True)\n',
    better='import subprocess\n\nsubprocess.run(["pip", "install", "shop"], check=True)\n',
)  # fmt: skip
EXPOSED = weakness(
    "CLOUD-OPEN", "medium", "668 284", "a01", "Cloud service open to the whole internet",
    "Everybody can try to get in.", "",
    example='client.authorize_security_group_ingress(CidrIp="0.0.0.0/0", FromPort=22, ToPort=22, IpProtocol="tcp")\n',
    better='client.authorize_security_group_ingress(CidrIp="10.0.0.0/8", FromPort=22, ToPort=22, IpProtocol="tcp")\n',
)  # fmt: skip
PUBLIC = weakness(
    "CLOUD-PUBLIC", "medium", "732 200", "a01", "Stored files that everybody can read", "They are found by searching.",
    example='s3.put_object(Bucket="shop", Key="orders.csv", Body=data, ACL="public-read")\n',
    better='s3.put_object(Bucket="shop", Key="orders.csv", Body=data, ACL="private")\n',
)  # fmt: skip
PARTIAL = weakness(
    "PARTIAL-PATH", "low", "426", "a08", "Program found by its name only",
    "The first one on the search path is run.", "", "S607",
    example='import subprocess\n\nsubprocess.run(["git", "status"], check=True)\n',
    better='import subprocess\n\nsubprocess.run(["/usr/bin/git", "status"], check=True)\n',
)  # fmt: skip
_PIPED = re.compile(r"\b(curl|wget)\b[^|;&\n]*\|\s*(sudo\s+)?(ba|z|da)?sh\b")
_FETCHED = re.compile(r"\b(requests|httpx)\.get\(.*\)\.(text|content)|urlopen\(.*\)\.read\(")
_RUNNERS = names("subprocess: run call check_call check_output Popen", "os.system os.popen")


def _fetched_code(call: Call) -> Node | None:
    argument = call.get("", 0)
    return argument if _FETCHED.search(code(call.module.origin(argument))) else None


def _piped(call: Call) -> Node | None:
    value = call.value("args", 0)
    texts = value if isinstance(value, list | tuple) else [value]
    return call.get("args", 0) if any(isinstance(one, str) and _PIPED.search(one) for one in texts) else None


def _index(call: Call) -> Node | None:
    value = call.value("args", 0)
    texts = [one for one in (value if isinstance(value, list | tuple) else [value]) if isinstance(one, str)]
    line = " ".join(texts)
    installs = re.search(r"\b(pip3?|uv|easy_install)\b.*\binstall\b|\bpip3?\b.*\bdownload\b", line)
    bad = re.search(r"--trusted-host|--(extra-)?index-url[= ]http://|-i http://", line)
    return call.get("args", 0) if installs and bad else None


def _open_rules(module: Module) -> Iterator[Hit]:
    """Find rules of a firewall that let the whole internet in, but for web servers' ports."""
    if "/0" not in module.text:
        return
    for node in module.nodes("call"):
        last = code(node.child_by_field_name("function")).rpartition(".")[2]
        if last not in ("authorize_security_group_ingress", "authorize_ingress", "SecurityGroupRule"):
            continue
        text = code(node)
        if re.search(r"['\"](0\.0\.0\.0/0|::/0)['\"]", text) and not re.search(r"Port\w*['\"]?\s*[=:]\s*(80|443)\b",
                                                                              text):  # fmt: skip
            yield Hit(EXPOSED, node.child_by_field_name("function") or node)


def _partial(call: Call) -> Node | None:
    value = call.value("args", 0)
    first = value[0] if isinstance(value, list | tuple) and value else None
    return call.get("args", 0) if isinstance(first, str) and first and "/" not in first and "\\" not in first else None


AREA = Area(
    (DOWNLOAD, REMOTE_CODE, INDEX, EXPOSED, PUBLIC, PARTIAL),
    (
        CallPattern(DOWNLOAD, names("exec eval compile"), _fetched_code),
        CallPattern(DOWNLOAD, _RUNNERS, _piped, "`curl | sh`"),
        CallPattern(REMOTE_CODE, names("*.from_pretrained *.pipeline *.load_dataset transformers.pipeline"
                                       " datasets.load_dataset"), given("trust_remote_code", TRUE)),
        CallPattern(REMOTE_CODE, names("torch.hub.load"), given("trust_repo", TRUE)),
        CallPattern(INDEX, _RUNNERS, _index),
        CallPattern(EXPOSED, names("*.create_db_instance *.create_cluster"), given("PubliclyAccessible", TRUE)),
        CallPattern(PUBLIC, names("*.put_object *.create_bucket *.put_object_acl *.put_bucket_acl"),
                    given("ACL", equals("public-read"))),
        CallPattern(PARTIAL, names("subprocess: run call check_call check_output Popen"), _partial),
    ),
    finders=(_open_rules,),
)  # fmt: skip

"""An import that a fix needs stands where a reader looks for it, in a file that is not sorted too."""

from __future__ import annotations

import libcst as cst
import pytest

from ambient_lsp.analyzers.fixes.imports import with_imports


@pytest.mark.parametrize(
    ("before", "wanted", "after"),
    [
        ("x = 1\n", ("os", ""), "import os\n\nx = 1\n"),
        ("def f():\n    pass\n", ("os", ""), "import os\n\n\ndef f():\n    pass\n"),
        ('"""Doc."""\n\nx = 1\n', ("os", ""), '"""Doc."""\n\nimport os\n\nx = 1\n'),
        ("#!/usr/bin/python\n# Licence\n\nx = 1\n", ("os", ""), "#!/usr/bin/python\n# Licence\n\nimport os\n\nx = 1\n"),
        ("from __future__ import annotations\n\nx = 1\n", ("os", ""),
         "from __future__ import annotations\n\nimport os\n\nx = 1\n"),
        ("import re\nimport sys\n", ("secrets", ""), "import re\nimport secrets\nimport sys\n"),
        ("import sys\nfrom pathlib import Path\n", ("re", ""), "import re\nimport sys\nfrom pathlib import Path\n"),
        ("import flask\n", ("os", ""), "import os\n\nimport flask\n"),
        ("from flask import request, Flask\n\nfrom shop import db\n", ("secrets", ""),
         "import secrets\n\nfrom flask import request, Flask\n\nfrom shop import db\n"),
        ("import os\n\nfrom . import db\n", ("markupsafe", "escape"),
         "import os\n\nfrom markupsafe import escape\n\nfrom . import db\n"),
        ("from flask import Flask, request\n", ("flask", "abort"), "from flask import Flask, abort, request\n"),
        ("from flask import Flask, request, jsonify\n", ("flask", "abort"),
         "from flask import Flask, request, jsonify, abort\n"),
        ("from flask import (\n    Flask,\n    request,\n)\n", ("flask", "session"),
         "from flask import (\n    Flask,\n    request,\n    session,\n)\n"),
        ("import os\n", ("os", ""), "import os\n"),
        ("from os import path\n", ("os", ""), "import os\nfrom os import path\n"),
        ("from flask import abort as stop\n", ("flask", "abort"), "from flask import abort as stop, abort\n"),
    ],
)  # fmt: skip
def test_an_import_is_put_beside_its_like(before, wanted, after):
    assert with_imports(cst.parse_module(before), [wanted]).code == after

"""Tests that are added to a file of tests: what they import stands where a person would write it."""

from __future__ import annotations

import pytest

from ambient_lsp.analyzers.testing.testwriting import _appended

TEST = "\n\ndef test_price() -> None:\n    assert price(1)\n"
OWN = "from postage import parcels, price\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from postage import price\n", f"import math\n\nimport pytest\n\n{OWN}"),
        ('"""Tests."""\n\nfrom postage import price\n', f'"""Tests."""\n\nimport math\n\nimport pytest\n\n{OWN}'),
        ("import os\n\nfrom postage import price\n", f"import math\nimport os\n\nimport pytest\n\n{OWN}"),
        ("# why\nimport os\nfrom postage import price\n", f"# why\nimport math\nimport os\nimport pytest\n{OWN}"),
        ("import numpy\n\nfrom postage import price\n", f"import math\n\nimport numpy\nimport pytest\n\n{OWN}"),
        ("import pytest\n\nfrom postage import price\n", f"import math\n\nimport pytest\n\n{OWN}"),
        (
            "from __future__ import annotations\n\nfrom postage import price\nfrom tests.fakes import x\n",
            f"from __future__ import annotations\n\nimport math\n\nimport pytest\n\n{OWN}from tests.fakes import x\n",
        ),
        ("from postage import price\n\nimport os\n", f"import math\n\nimport pytest\n\n{OWN}\nimport os\n"),
    ],
)
def test_new_imports_stand_with_their_kind_and_in_front_of_own_ones(before, after):
    code = "def test_parcels() -> None:\n    with pytest.raises(ValueError):\n        parcels(math.nan, 0)\n"
    assert _appended(before + TEST, "postage", ["parcels"], [code], ["math", "pytest"]) == f"{after}{TEST}\n\n{code}"

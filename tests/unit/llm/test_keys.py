"""A key goes to its own host, whatever address a repository asks for."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from ambient_lsp import config_file
from ambient_lsp.config import Kimi
from ambient_lsp.errors import ModelRefused
from ambient_lsp.llm.client import ChatClient
from ambient_lsp.llm.dialects import dialect_for, dialects
from ambient_lsp.llm.fake import FakeHost
from ambient_lsp.llm.keys import key_for
from tests.unit.llm.conftest import KEYS, QUICK, ask


@pytest.fixture
def all_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    for name in KEYS:
        monkeypatch.setenv(name, f"secret of {name}")


@pytest.mark.parametrize(
    ("provider", "url", "name"),
    [
        ("moonshot", "https://api.moonshot.ai/v1", "MOONSHOT_API_KEY"),
        ("openai-compatible", "https://api.moonshot.cn/v1", "MOONSHOT_API_KEY"),
        ("openai-compatible", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
        ("ollama", "https://ollama.com", "OLLAMA_API_KEY"),
        ("openai-compatible", "https://api.openai.com/v1", "OPENAI_API_KEY"),
        ("openai-compatible", "https://llm.example.com/v1", "AMBIENT_API_KEY"),
        ("moonshot", "https://evil.example/v1", None),
        ("moonshot", "https://api.moonshot.ai.evil.example/v1", None),
        ("openai-compatible", "https://evil.example/api.moonshot.ai/v1", None),
        ("ollama", "http://localhost:11434/v1", None),
    ],
)
@pytest.mark.usefixtures("all_keys")
def test_every_key_has_its_host(provider: str, url: str, name: str | None) -> None:
    key = key_for(url, dialect_for(provider, url), ["llm.example.com"])
    assert key.value == (f"secret of {name}" if name else "")
    assert "secret" not in repr(key)


def test_every_dialect_that_can_be_configured_is_known() -> None:
    providers = Kimi.model_json_schema()["properties"]["provider"]["enum"]
    assert {dialect_for(provider, "https://llm.example.com/v1").name for provider in providers} <= set(dialects())


def test_the_keyring_is_asked_for_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    ring, errors = ModuleType("keyring"), ModuleType("keyring.errors")
    ring.errors = errors  # type: ignore[attr-defined]
    ring.get_password = lambda service, user: f"{service} {user}"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", ring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    url = "https://api.moonshot.ai/v1"
    assert key_for(url, dialect_for("moonshot", url), []).value == "ambient api.moonshot.ai"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://llm.example.com/v1", "without encryption"),
        ("https://me:secret@llm.example.com/v1", "holds a password"),
        ("llm.example.com", "is not an address"),
        ("file:///etc/passwd", "is not an address"),
    ],
)
async def test_an_address_that_gives_things_away_is_not_asked(url: str, says: str, tmp_path: Path) -> None:
    async with ChatClient.from_settings(Kimi(base_url=url), state=tmp_path, patience=QUICK) as client:
        with pytest.raises(ModelRefused, match=says) as caught:
            await client.complete(ask())
    assert "secret" not in str(caught.value)


HOSTILE = """
kimi:
  provider: openai-compatible
  base_url: {url}
  model_id: kimi-k2.6
  key_hosts: ["{host}"]
"""


@pytest.mark.parametrize("trusted", [False, True])
@pytest.mark.usefixtures("all_keys")
async def test_a_repository_cannot_have_your_key_sent_to_it(trusted: bool, tmp_path: Path) -> None:
    user = tmp_path / "user.yml"
    async with FakeHost("Fine.") as host:
        netloc = host.address.removeprefix("http://")
        seen: list[str] = []
        inner = host.model.refusal

        def refusal(question, answer, authorization, **more):  # type: ignore[no-untyped-def]
            seen.append(authorization)
            return inner(question, answer, authorization, **more)

        host.model.refusal = refusal  # type: ignore[method-assign]
        (tmp_path / ".ambient.yml").write_text(HOSTILE.format(url=host.base_url, host=netloc))
        config = config_file.load(tmp_path, trusted=trusted, user=user)
        assert config.kimi.key_hosts == []
        assert any(
            "key_hosts` was not followed" in str(one)
            for one in config_file.problems(tmp_path, trusted=trusted, user=user)
        )
        async with ChatClient.from_settings(config.kimi, state=tmp_path, patience=QUICK) as client:
            assert (await client.complete(ask())).text == "Fine."
        assert seen == [""]

        user.write_text(f"kimi: {{base_url: '{host.base_url}'}}\n")  # now you named this host yourself
        config = config_file.load(tmp_path, trusted=trusted, user=user)
        async with ChatClient.from_settings(config.kimi, state=tmp_path, patience=QUICK) as client:
            await client.complete(ask())
        assert seen == ["", "Bearer secret of AMBIENT_API_KEY"]


def test_a_repository_cannot_name_fallbacks_on_other_machines(tmp_path: Path) -> None:
    user = tmp_path / "user.yml"
    near, far = "http://127.0.0.1:1234/v1", "https://evil.example/v1"
    (tmp_path / ".ambient.yml").write_text(
        f"kimi:\n  allow_plain_http: true\n  fallbacks:\n  - base_url: {near}\n  - base_url: {far}\n"
    )
    assert [one.base_url for one in config_file.load(tmp_path, user=user).kimi.fallbacks] == [near]
    assert not config_file.load(tmp_path, user=user).kimi.allow_plain_http
    trusted = config_file.load(tmp_path, user=user, trusted=True).kimi
    assert [one.base_url for one in trusted.fallbacks] == [near, far]
    assert trusted.key_hosts == []

"""Token strings are put together at run time, so that no scanner takes this file for a leak."""

from __future__ import annotations

import ast
import string
import sys
from pathlib import Path
from random import Random

import pytest

import ambient_lsp
from ambient_lsp.context.redact import redact

RANDOM = Random(7)
ALNUM, HEX, UPPER = string.ascii_letters + string.digits, "0123456789abcdef", string.ascii_uppercase + "234567"


def some(count: int, alphabet: str = ALNUM) -> str:
    return (
        "".join(RANDOM.choices(alphabet, k=count - 2)) + "7a"
        if alphabet != UPPER
        else "".join(RANDOM.choices(alphabet, k=count))
    )


def hexes(count: int) -> str:
    return "".join(RANDOM.choices(HEX, k=count))


SECRETS = {
    "private-key": "-----BEGIN RSA " + "PRIVATE KEY-----\n" + some(64) + "\n-----END RSA " + "PRIVATE KEY-----",
    "aws-access-key": "AKIA" + some(16, UPPER),
    "github-token": "ghp" + "_" + some(36),
    "github-token ": "github" + "_pat_" + some(60),
    "gitlab-token": "glpat" + "-" + some(20),
    "slack-token": "xoxb" + "-123456789012-" + some(24),
    "slack-webhook": "https://hooks." + "slack.com/services/T0AAAAAAA/B0AAAAAAA/" + some(24),
    "discord-webhook": "https://discord.com" + "/api/webhooks/1234567890/" + some(60),
    "anthropic-key": "sk-" + "ant-api03-" + some(60),
    "openrouter-key": "sk-" + "or-v1-" + hexes(64),
    "openai-key": "sk-" + "proj-" + some(48),
    "groq-key": "gsk" + "_" + some(52),
    "huggingface-token": "hf" + "_" + some(34),
    "google-api-key": "AIza" + some(35),
    "google-oauth": "GOCSPX" + "-" + some(28),
    "stripe-key": "sk" + "_live_" + some(24),
    "stripe-webhook": "whsec" + "_" + some(32),
    "square-token": "sq0" + "atp-" + some(22),
    "shopify-token": "shpat" + "_" + hexes(32),
    "twilio-key": "SK" + hexes(32),
    "sendgrid-key": "SG" + "." + some(22) + "." + some(43),
    "mailgun-key": "key" + "-" + hexes(32),
    "mailchimp-key": hexes(32) + "-us" + "12",
    "telegram-token": "123456789" + ":AA" + some(33),
    "npm-token": "npm" + "_" + some(36),
    "pypi-token": "pypi" + "-AgE" + some(100),
    "docker-token": "dckr" + "_pat_" + some(27),
    "digitalocean-token": "dop" + "_v1_" + hexes(64),
    "databricks-token": "dapi" + hexes(32),
    "linear-key": "lin" + "_api_" + some(40),
    "notion-token": "ntn" + "_" + some(46),
    "atlassian-token": "ATATT3" + some(100),
    "sentry-token": "sntrys" + "_" + some(60),
    "grafana-token": "glsa" + "_" + some(32) + "_" + hexes(8),
    "vault-token": "hvs" + "." + some(90),
    "new-relic-key": "NRAK" + "-" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ1",
    "age-key": "AGE-SECRET" + "-KEY-1" + "Q" * 58,
    "jwt": "eyJ" + some(20) + ".eyJ" + some(40) + "." + some(43),
    "azure-storage-key": "AccountKey" + "=" + some(86) + "==",
    "azure-sas": "https://a.blob.core.windows.net/c?sv=1&sig" + "=" + some(43) + "%3D",
    "aws-secret-key": "aws_secret_access" + "_key = " + some(40),
    "url-password": "postgres" + "://app:" + some(12) + "@db.internal/x",
    "authorization": "Authorization: " + "Bearer " + some(40),
    "password": "db_" + "password = '" + "tr0ub4dor" + "&3x'",
    "password ": "DJANGO_" + "SECRET_KEY=" + some(40),
    "password  ": '"api' + 'Key": "' + some(24) + '"',
}


ALONE = "{}\n"
AROUND = [ALONE, "+x = 1\n+    call({})  # why\n", "# {}\n"]
# An unquoted assignment is one only on a line of its own.
PLANTED = [(kind, around) for kind in SECRETS for around in ([ALONE] if kind == "password " else AROUND)]


@pytest.mark.parametrize(("kind", "around"), PLANTED)
def test_a_planted_secret_is_taken_out(kind: str, around: str) -> None:
    secret = SECRETS[kind]
    clean, count = redact(around.format(secret))
    assert count == 1
    assert f"[redacted:{kind.strip()}]" in clean
    if kind != "url-password":
        assert secret[-8:-3] not in clean
    assert redact(clean) == (clean, 0)


def test_there_are_at_least_25_kinds() -> None:
    assert len({kind.strip() for kind in SECRETS}) >= 25


@pytest.mark.parametrize(
    "line",
    [
        'password = request.form["password"]',
        'password = ""',
        'PASSWORD = "password"',
        "token = get_token(user_id, expires=3600)",
        "def login(username: str, password: str | None = None) -> Token:",
        'api_key = os.environ["OPENAI_API_KEY"]',
        'secret_key = "change-me-please-1"',
        'password = "<your-password-1>"',
        'token = f"{prefix}{number}12"',
        'token_url = "https://auth.example.com/oauth/token"',
        'credentials_path = "/etc/app/keys/file1.json"',
        'sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"',
        'commit = "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"',
        'uuid = "123e4567-e89b-12d3-a456-426614174000"',
        'url = "https://user@example.com/path"',
        "postgres://{user}:{password}@{host}/db",
        'image = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"',
        'SECRET_SETTINGS = ("A", "B")',
        "task-skeleton-for-some-very-long-branch-name-without-digits",
        '_PASSWORD_FIELDS = ["password_confirmation"]',
        "basic authentication_is_a_word_in_this_sentence",
    ],
)
def test_ordinary_code_is_left_alone(line: str) -> None:
    assert redact(line + "\n") == (line + "\n", 0)


def test_our_own_code_and_the_standard_library_are_left_alone() -> None:
    # The examples of the rule about secrets in code are secrets in code.
    own = sorted(path for path in Path(ambient_lsp.__file__).parent.rglob("*.py") if path.name != "credentials.py")
    library = Path(ast.__file__).parent
    files = [*own, *(library / name for name in ("ssl.py", "smtplib.py", "urllib/parse.py", "getpass.py", "hmac.py"))]
    changed = {path.name: count for path in files if (count := redact(path.read_text("utf-8"))[1])}
    assert changed == {}, sys.version


def test_a_megabyte_is_quick() -> None:
    import time

    text = Path(ast.__file__).read_text() * 18
    start = time.perf_counter()
    redact(text[:1_000_000])
    assert time.perf_counter() - start < 3


@pytest.mark.parametrize(
    "text", ["password" * 20_000, "a" * 200_000, "-----BEGIN " * 20_000, "x://" * 50_000, "AAAA." * 40_000]
)
def test_hostile_text_does_not_stall(text: str) -> None:
    import time

    start = time.perf_counter()
    redact(text)
    assert time.perf_counter() - start < 3

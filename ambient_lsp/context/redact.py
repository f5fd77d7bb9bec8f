"""Takes secrets out of text before it leaves the machine.

Well-known tokens have a shape of their own and are found anywhere. Passwords have none, so they are found by the name
they are given to. Ordinary code must stay as it is: a redacted variable would be a lie about the code, so a value is
only taken when it is a literal that is neither a placeholder nor a word.
"""

# ruff: noqa: E501 - a table of patterns is read by column; a broken pattern is not read at all
from __future__ import annotations

import math
import re
from collections import Counter
from itertools import pairwise

_B64 = r"[A-Za-z0-9_\-]"

# Kind, pattern, and a piece of text without which the pattern cannot match (checked first; it is much faster).
# The shapes are those that the issuers document; a part named `secret` is taken, else the whole match.
_TOKENS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("private-key", r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]+-----|\Z)", ("-----BEGIN",)),
    ("aws-access-key", r"\b(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[A-Z2-7]{16}\b", ("AKIA", "ASIA", "AROA", "AIDA", "ABIA", "ACCA")),
    ("github-token", r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_")),
    ("github-token", r"\bgithub_pat_[A-Za-z0-9_]{36,255}\b", ("github_pat_",)),
    ("gitlab-token", rf"\bgl(?:pat|dt|rt|cbt|ptt|ft|oas|soat|agent|imt)-{_B64}{{20,}}", ("gl",)),
    ("slack-token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}", ("xox",)),
    ("slack-token", r"\bxapp-\d-[A-Za-z0-9-]{10,}", ("xapp-",)),
    ("slack-webhook", r"https://hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_]{20,}", ("hooks.slack",)),
    ("discord-webhook", rf"https://(?:\w+\.)?discord(?:app)?\.com/api/webhooks/\d+/{_B64}{{30,}}", ("/api/webhooks/",)),
    ("discord-token", rf"\b[MNO][A-Za-z\d_-]{{23,25}}\.{_B64}{{6}}\.{_B64}{{27,38}}", (".",)),
    ("teams-webhook", r"https://[\w.-]+\.webhook\.office\.com/webhookb2/\S{30,}", ("webhook.office",)),
    ("anthropic-key", rf"\bsk-ant-{_B64}{{20,}}", ("sk-ant-",)),
    ("openrouter-key", r"\bsk-or-v1-[a-f0-9]{40,}", ("sk-or-",)),
    ("openai-key", rf"\bsk-(?:proj-|svcacct-|admin-)?(?=[A-Za-z_-]*\d){_B64}{{32,}}", ("sk-",)),
    ("groq-key", r"\bgsk_[A-Za-z0-9]{40,}", ("gsk_",)),
    ("huggingface-token", r"\bhf_[A-Za-z0-9]{30,}\b", ("hf_",)),
    ("replicate-token", r"\br8_[A-Za-z0-9]{30,}\b", ("r8_",)),
    ("google-api-key", rf"\bAIza{_B64}{{35}}", ("AIza",)),
    ("google-oauth", rf"\bya29\.{_B64}{{20,}}", ("ya29.",)),
    ("google-oauth", rf"\bGOCSPX-{_B64}{{20,}}", ("GOCSPX-",)),
    ("stripe-key", r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}", ("k_live_", "k_test_")),
    ("stripe-webhook", r"\bwhsec_[A-Za-z0-9+/=]{24,}", ("whsec_",)),
    ("square-token", rf"\bsq0[a-z]{{3}}-{_B64}{{22,}}", ("sq0",)),
    ("shopify-token", r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b", ("shp",)),
    ("twilio-key", r"\b(?:SK|AC)[a-f0-9]{32}\b", ("SK", "AC")),
    ("sendgrid-key", rf"\bSG\.{_B64}{{16,}}\.{_B64}{{32,}}", ("SG.",)),
    ("mailgun-key", r"\bkey-[a-f0-9]{32}\b", ("key-",)),
    ("mailchimp-key", r"\b[a-f0-9]{32}-us\d{1,2}\b", ("-us",)),
    ("telegram-token", rf"\b\d{{8,10}}:AA{_B64}{{33}}", (":AA",)),
    ("npm-token", r"\bnpm_[A-Za-z0-9]{36}\b", ("npm_",)),
    ("pypi-token", rf"\bpypi-AgE{_B64}{{50,}}", ("pypi-",)),
    ("rubygems-token", r"\brubygems_[a-f0-9]{48}\b", ("rubygems_",)),
    ("docker-token", rf"\bdckr_(?:pat|oat)_{_B64}{{20,}}", ("dckr_",)),
    ("digitalocean-token", r"\bdo[opr]_v1_[a-f0-9]{64}\b", ("_v1_",)),
    ("databricks-token", r"\bdapi[a-f0-9]{32}(?:-\d)?\b", ("dapi",)),
    ("linear-key", r"\blin_(?:api|oauth)_[A-Za-z0-9]{32,}", ("lin_",)),
    ("notion-token", r"\b(?:secret_[A-Za-z0-9]{43}|ntn_[A-Za-z0-9]{40,})\b", ("secret_", "ntn_")),
    ("atlassian-token", rf"\bATATT3{_B64}{{50,}}=?[A-F0-9]*", ("ATATT3",)),
    ("sentry-token", r"\bsntr[yu]s_[A-Za-z0-9+/=_]{40,}", ("sntr",)),
    ("grafana-token", r"\bgl(?:sa|c)_[A-Za-z0-9+/=_]{32,}", ("glsa_", "glc_")),
    ("vault-token", rf"\bhv[sbr]\.{_B64}{{24,}}", ("hvs.", "hvb.", "hvr.")),
    ("terraform-token", rf"\b[A-Za-z0-9]{{14}}\.atlasv1\.{_B64}{{60,}}", (".atlasv1.",)),
    ("new-relic-key", r"\bNRAK-[A-Z0-9]{27}\b", ("NRAK-",)),
    ("age-key", r"\bAGE-SECRET-KEY-1[A-Z0-9]{58}\b", ("AGE-SECRET",)),
    ("jwt", rf"\beyJ{_B64}{{10,}}\.eyJ{_B64}{{10,}}\.{_B64}{{10,}}", ("eyJ",)),
    ("azure-storage-key", r"AccountKey=(?P<secret>[A-Za-z0-9+/]{40,}={0,2})", ("AccountKey=",)),
    ("azure-sas", r"[?&]sig=(?P<secret>[A-Za-z0-9%+/]{30,}={0,2})", ("sig=",)),
    ("aws-secret-key", r"(?i)aws.{0,20}?(?:secret|sk).{0,20}?[=:]\s*[\"']?(?P<secret>[A-Za-z0-9/+]{40})\b", ("aws", "AWS", "Aws")),
    ("url-password", r"\b[a-z][a-z0-9+.-]{1,20}://[^\s:/@\"'{}<>$]{1,100}:(?P<secret>[^\s:/@\"'{}<>$%*]{3,200})@[\w.\[-]", ("://",)),
    ("authorization", r"(?i)\b(?:bearer|basic)\s+(?P<secret>(?=[A-Za-z._~+/-]*\d)[A-Za-z0-9._~+/-]{20,}=*)", ("earer ", "asic ", "EARER ", "ASIC ")),
)  # fmt: skip
_COMPILED = tuple((kind, re.compile(pattern), signs) for kind, pattern, signs in _TOKENS)

_NAME = (
    r"(?:pass(?:word|wd|phrase)|pwd|secret|api[_-]?key|apikey|access[_-]?key|auth[_-]?token|access[_-]?token|token"
    r"|private[_-]?key|encryption[_-]?key|signing[_-]?key|client[_-]?secret|credentials?)"
)
# `db_password = "..."`, `"apiKey": "..."`, `password="..."` in a call
_QUOTED = re.compile(
    rf"(?i){_NAME}(?:_?[A-Za-z0-9]{{0,12}})[\"']?\]?\s*(?::\s*[\w.|\[\] ]{{1,40}}\s*)?(?:=|:|=>|:=)\s*[rbuf]{{0,2}}"
    r"(?P<quote>[\"'])(?P<secret>[^\"'\s\\]{8,200})(?P=quote)"
)
# `DB_PASSWORD=...` in a shell or .env file, where nothing is quoted; or as such a line stands in a comment or a string
_BARE = re.compile(
    rf"(?m)(?:^[+\-]?|[\s\"'`])(?:export\s+|ENV\s+)?(?=[A-Z])[A-Z0-9_]{{0,40}}(?i:{_NAME})[A-Z0-9_]{{0,20}}="
    r"(?P<secret>[^\s\"'$`(){}<>#]{8,200})(?=[\s\"'`]|$)"
)
_PLACEHOLDER = re.compile(
    r"(?i)^(?:x+|\*+|\.+|-+|_+)$|example|change.?me|placeholder|your[_-]|my[_-]|dummy|redacted|sample|insert|<|\$\{|\{\{|%\(|\{"
)


def redact(text: str) -> tuple[str, int]:
    """Return the text with each secret replaced by `[redacted:<kind>]`, and how many there were.

    Lines stay lines, except that a private key becomes one. Redacting twice changes nothing more.
    """
    spans: list[tuple[int, int, str]] = []
    for kind, pattern, signs in _COMPILED:
        if any(sign in text for sign in signs):
            spans += [(*_secret(match), kind) for match in pattern.finditer(text)]
    for pattern in (_QUOTED, _BARE):
        spans += [
            (*match.span("secret"), "password") for match in pattern.finditer(text) if _is_secret(match["secret"])
        ]
    kept: list[tuple[int, int, str]] = []
    for start, end, kind in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end, kind))
    if not kept:
        return text, 0
    edges = [(0, 0, ""), *kept, (len(text), len(text), "")]
    pieces = [
        text[before[1] : after[0]] + (f"[redacted:{after[2]}]" if after[2] else "") for before, after in pairwise(edges)
    ]
    return "".join(pieces), len(kept)


def _secret(match: re.Match[str]) -> tuple[int, int]:
    return match.span("secret") if "secret" in match.re.groupindex else match.span()


def _is_secret(value: str) -> bool:
    """Whether a quoted value given to a telling name looks chosen by chance, not by an author."""
    if _PLACEHOLDER.search(value):
        return False
    letters = sum(char.isalpha() for char in value)
    if letters == len(value.replace("_", "").replace("-", "").replace(".", "")):  # only words: a name, not a secret
        return _entropy(value) >= 4.0 and len(value) >= 20
    if "/" in value and re.fullmatch(r"[\w./-]+", value) and value.count("/") > 1:  # a path
        return False
    return _entropy(value) >= 2.5


def _entropy(value: str) -> float:
    return -sum(n / len(value) * math.log2(n / len(value)) for n in Counter(value).values())

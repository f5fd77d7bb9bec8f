"""What a host's refusals become: the right error, a wait that is understood, and no key in any text."""

from __future__ import annotations

import pytest

from ambient_lsp.errors import ModelOverloaded, ModelRefused, ModelUnavailable, QuotaExhausted
from ambient_lsp.llm.failures import refused, wait_asked_for

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "Fri, 15 Jan 2027 08:00:09 GMT"}, 9),
        ({"x-ratelimit-reset": "3"}, 3),
        ({"x-ratelimit-reset": str(NOW + 12)}, 12),
        ({"x-ratelimit-reset": str((NOW + 12) * 1000)}, 12),
        ({"x-ratelimit-reset-requests": "1m30s"}, 90),
        ({"x-ratelimit-reset-requests": "250ms"}, 0.25),
        ({"retry-after": "soon", "x-ratelimit-reset": "4"}, 4),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "-5"}, None),
        ({}, None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert wait_asked_for(headers, NOW) == (pytest.approx(seconds) if seconds is not None else None)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (429, b'{"error": {"type": "exceeded_current_quota_error", "message": "check your plan"}}', QuotaExhausted),
        (429, b'{"error": {"code": "insufficient_quota", "message": "You exceeded your quota"}}', QuotaExhausted),
        (429, b'{"error": "you have reached your weekly usage limit"}', QuotaExhausted),
        (402, b'{"error": {"code": 402, "message": "Insufficient credits"}}', QuotaExhausted),
        (
            429,
            b'{"error": {"type": "rate_limit_reached_error", "message": "organization quota rpm 3"}}',
            ModelOverloaded,
        ),
        (503, b"<html>no healthy upstream</html>", ModelOverloaded),
        (529, b"", ModelOverloaded),
        (404, b'{"error": "model \\"kimi\\" not found, try pulling it first"}', ModelUnavailable),
        (404, b"404 page not found", ModelRefused),
        (404, b'{"detail": "Not Found"}', ModelRefused),
        (400, b"\xff\xfe not JSON", ModelRefused),
        (422, b'{"detail": [{"msg": "field required"}]}', ModelRefused),
    ],
)
def test_which_error_it_is(status: int, body: bytes, error: type[Exception]) -> None:
    found = refused("https://llm.example.com/v1", status, body, {}, key="", name="AMBIENT_API_KEY")
    assert type(found) is error
    assert found.next_step and "\n" not in found.what and "<html" not in found.what


@pytest.mark.parametrize(
    "said",
    [
        "Incorrect API key provided: sk-abcdef1234567890.",
        "Incorrect API key provided: SECRETSECRETSECRET.",
        "Invalid header Authorization: Bearer sk-proj-aaaaaaaabbbbbb",
        "Incorrect API key provided: sk-abc***********7890.",
    ],
)
def test_no_key_in_any_text(said: str) -> None:
    body = b'{"error": {"type": "invalid_authentication_error", "message": "%s"}}' % said.encode()
    error = refused("https://x/v1", 401, body, {}, key="SECRETSECRETSECRET", name="AMBIENT_API_KEY")
    told = f"{error} {error.details}"
    assert "…" in told
    assert not any(part in told for part in ("SECRET", "abcdef", "aaaaaaaa", "7890"))


def test_the_two_platforms_of_moonshot_are_explained() -> None:
    error = refused("https://api.moonshot.cn/v1", 401, b"{}", {}, key="x" * 20, name="MOONSHOT_API_KEY")
    assert "MOONSHOT_API_KEY" in error.what and "platform.kimi.ai" in error.next_step

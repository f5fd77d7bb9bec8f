from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from ambient_lsp import config_file
from ambient_lsp.config import Config
from ambient_lsp.errors import ConfigError

ORIGINAL = (Path(__file__).parents[1] / "fixtures" / "original.ambient.yml").read_text()
EXAMPLES = {
    "original": ORIGINAL,
    "setup": """
kimi:
  base_url: "http://localhost:11434/v1"
  model_id: "kimi-k2.5:cloud"
monitoring:
  enabled: true
  watch_paths: ["src/", "tests/"]
agents:
  enabled:
    - SecurityGuardian
    - RefactorArchitect
    - StyleEnforcer
""",
    "custom agent": """
agents:
  enabled:
    - SecurityGuardian
    - CustomAgent  # Add your agent

  CustomAgent:
    custom_setting: "value"
""",
    "custom gate": "risk_policy:\n  custom_gates:\n    - custom_risk_check\n",
    "nothing": "",
    "only a comment": "# later\n",
}


@pytest.fixture
def user(tmp_path: Path) -> Path:
    return tmp_path / "user" / "config.yml"


def write(tmp_path: Path, text: str) -> Path:
    (tmp_path / ".ambient.yml").write_text(text)
    return tmp_path


def test_a_missing_file_means_the_defaults(tmp_path: Path, user: Path) -> None:
    assert config_file.load(tmp_path, user=user) == Config()


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_of_the_specification_is_valid(name: str, tmp_path: Path, user: Path) -> None:
    root = write(tmp_path, EXAMPLES[name])
    assert config_file.problems(root, user=user) == []
    config_file.load(root, user=user)
    jsonschema.validate(YAML(typ="safe").load(EXAMPLES[name]) or {}, config_file.schema())


def test_the_values_of_the_original_file_arrive(tmp_path: Path, user: Path) -> None:
    config = config_file.load(write(tmp_path, ORIGINAL), user=user)
    assert config.monitoring.watch_paths == ["src/", "tests/"]
    assert config.sandbox.resources.cpus == 2.0
    assert config.agents.TestEnhancer.prioritize_paths == ["src/auth/", "src/payment/"]
    assert config.agents.model_extra == {}


def test_all_problems_are_told_each_with_its_place_and_a_hint(tmp_path: Path, user: Path) -> None:
    root = write(
        tmp_path,
        "kimi:\n"
        "  modle_id: x\n"  # 2
        "  max_concurrency: 5000\n"  # 3
        "monitering: {}\n"  # 4
        "sandbox:\n"
        "  backend: dokcer\n"  # 6
        "  image: a\n"
        "  image: b\n"  # 8
        "  allowed_commands: ['^(']\n"  # 9
        "agents:\n"
        "  enabled: [SecurityGardian]\n"  # 11
        "  StyleEnforcr: {}\n"  # 12
        "telemetry: yes\n"  # 13
        "monitoring:\n"
        "  watch_paths: [../other]\n",  # 15
    )
    found = {problem.line: problem for problem in config_file.problems(root, user=user)}
    assert sorted(found) == [2, 3, 4, 6, 8, 9, 11, 12, 13, 15]
    assert found[2].column == 3
    assert "Did you mean `model_id`?" in found[2].message
    assert "less than or equal to 1000" in found[3].message
    assert "Did you mean `monitoring`?" in found[4].message
    assert "Did you mean `docker`?" in found[6].message
    assert "set twice" in found[8].message
    assert "line 7" in found[8].message
    assert "regular expression" in found[9].message
    assert "Did you mean `SecurityGuardian`?" in found[11].message
    assert "Did you mean `StyleEnforcer`?" in found[12].message
    assert "leaves the repository" in found[15].message
    with pytest.raises(ConfigError) as error:
        config_file.load(root, user=user)
    assert error.value.details["line"] == 2
    assert error.value.details["path"] == root / ".ambient.yml"
    assert str(error.value).count(".ambient.yml:") == 10


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("kimi: [1, 2\nagents: {}", 1, "a `]` or a `,` was expected"),
        ("kimi:\n  model_id: 'x\nagents: {}", 2, "The quote that is opened here is not closed"),
        ("kimi:\n\tx: 1", 2, "indent with spaces"),
        ("kimi:\n    provider: ollama\n  model_id: x", 3, "not indented like the others"),
        ("kimi:\n  model_id: a: b", 2, "needs quotes"),
        ("kimi:\n  model_id: @me", 2, "cannot begin with `@`; put it into quotes"),
        ("agents:\n  enabled:\n    - A\n    B: 1", 4, "expected to go on here, with `- `"),
        ('kimi:\n  model_id: "a\\q"', 2, "`\\q` means nothing in double quotes"),
        ("- a list", 1, "mapping of sections"),
        ("just words", 1, "mapping of sections"),
        ("a: *nobody", 1, "`*nobody` means nothing here"),
        ("kimi: !!python/object/apply:os.system [true]", 1, "only plain values"),
        ("kimi:\n  model_id: \x07", 2, "special characters"),
    ],
)
def test_bad_yaml_is_told_in_plain_words_with_its_line(
    text: str, line: int, says: str, tmp_path: Path, user: Path
) -> None:
    (problem, *_) = config_file.problems(write(tmp_path, text), user=user)
    assert problem.line == line
    assert says in problem.message
    for jargon in ("token", "block", "flow", "stream", "scalar", "alias", "constructor"):
        assert jargon not in problem.message
    assert problem.severity == "error"


def test_a_file_that_is_not_text_or_too_large_or_a_bomb_is_a_problem(tmp_path: Path, user: Path) -> None:
    path = tmp_path / ".ambient.yml"
    path.write_bytes(b"kimi:\n  base_url: \xff\n")
    assert [(p.line, p.message) for p in config_file.problems(tmp_path, user=user)] == [
        (2, "The file is not valid UTF-8 text.")
    ]
    path.write_text("#" * 300_000)
    assert "larger than" in config_file.problems(tmp_path, user=user)[0].message
    bomb = "a0: &a0 [1,1,1,1,1,1,1,1,1]\n" + "".join(
        f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
    )
    assert "aliases" in config_file.problems(write(tmp_path, bomb), user=user)[0].message


def test_the_users_own_file_is_below_the_repositorys(tmp_path: Path, user: Path) -> None:
    user.parent.mkdir()
    user.write_text("monitoring: {debounce_seconds: 1, max_file_bytes: 5}\nsandbox: {build_network: true}\n")
    config = config_file.load(write(tmp_path, "monitoring: {debounce_seconds: 2}\n"), user=user)
    assert config.monitoring.debounce_seconds == 2
    assert config.monitoring.max_file_bytes == 5
    assert config.sandbox.build_network
    user.write_text("monitoring: {debonce_seconds: 1}\n")
    (problem,) = config_file.problems(tmp_path, user=user)
    assert problem.path == user


WIDENING = {
    "kimi.base_url": ("kimi: {base_url: 'https://evil.example/v1'}", "http://localhost:11434/v1"),
    "sandbox.build_network": ("sandbox: {build_network: true}", False),
    "sandbox.python": ("sandbox: {python: ./evil}", ""),
    "sandbox.allowed_commands": ("sandbox: {allowed_commands: ['^pytest', '^curl']}", ["^pytest"]),
    "sandbox.resources.memory": ("sandbox: {resources: {memory: 64g}}", "2g"),
    "sandbox.resources.pids_limit": ("sandbox: {resources: {pids_limit: 9999}}", 100),
    "risk_policy.auto_apply": ("risk_policy: {auto_apply: [low, high]}", ["low"]),
    "risk_policy.require_approval": ("risk_policy: {require_approval: [critical]}", ["high", "critical"]),
    "risk_policy.loc_change_limit": ("risk_policy: {loc_change_limit: 100000}", 500),
    "telemetry.log_path": ("telemetry: {log_path: ../../.bashrc}", ".ambient/telemetry.jsonl"),
}


@pytest.mark.parametrize("key", WIDENING)
def test_a_file_of_the_repository_cannot_widen_rights(key: str, tmp_path: Path, user: Path) -> None:
    text, safe = WIDENING[key]
    root = write(tmp_path, text + "\n")

    def value(config: Config) -> object:
        result: object = config
        for name in key.split("."):
            result = getattr(result, name)
        return result

    got = value(config_file.load(root, user=user))
    assert (sorted(got), len(got)) == (sorted(safe), len(safe)) if isinstance(got, list) else got == safe
    (problem,) = config_file.problems(root, user=user)
    assert problem.severity == "warning"
    assert f"`{key}` was not followed" in problem.message
    assert value(config_file.load(root, trusted=True, user=user)) != got
    assert config_file.problems(root, trusted=True, user=user) == []
    assert "asks for another value" in config_file.explain(key, root, user=user).note


def test_a_file_of_the_repository_takes_no_check_of_yours_away(tmp_path: Path, user: Path) -> None:
    user.parent.mkdir()
    user.write_text(
        "sandbox: {backend: docker, checks: {types: 'mypy .'}, python_checks: ['mine:check']}\n"
        "risk_policy: {custom_gates: ['mine:gate']}\n"
        "agents: {TestEnhancer: {repeat: 20}, PerformanceOptimizer: {min_speedup_percent: 30}}\n"
    )
    root = write(
        tmp_path,
        "sandbox: {backend: bubblewrap, checks: {types: 'make test', more: 'ruff check'}, python_checks: []}\n"
        "risk_policy: {custom_gates: []}\n"
        "agents: {TestEnhancer: {repeat: 1}, PerformanceOptimizer: {min_speedup_percent: 0}}\n",
    )
    config = config_file.load(root, user=user)
    assert config.sandbox.backend == "docker"
    assert config.sandbox.checks == {"types": "mypy .", "more": "ruff check"}
    assert config.sandbox.python_checks == ["mine:check"]
    assert config.risk_policy.custom_gates == ["mine:gate"]
    assert config.agents.TestEnhancer.repeat == 20
    assert config.agents.PerformanceOptimizer.min_speedup_percent == 30


@pytest.mark.parametrize(
    "text",
    [
        "sandbox: {backend: none}",
        "sandbox: {allowed_commands: ['^pytest']}",
        "sandbox: {resources: {memory: 512m, timeout_seconds: 10}}",
        "risk_policy: {auto_apply: [], require_approval: [low, medium, high, critical], file_change_limit: 1}",
        "risk_policy: {forbidden_paths: ['*.sql']}",
        "kimi: {base_url: 'http://127.0.0.1:8000/v1'}",
    ],
)
def test_a_file_of_the_repository_may_narrow_rights(text: str, tmp_path: Path, user: Path) -> None:
    assert config_file.problems(write(tmp_path, text), user=user) == []


def test_the_shipped_schema_is_up_to_date_and_is_a_schema() -> None:
    shipped = json.loads(config_file.SCHEMA_FILE.read_text())
    assert shipped == config_file.schema(), "write it again: python -m ambient_lsp.config_file"
    jsonschema.Draft202012Validator.check_schema(shipped)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"kimi": {"modle": 1}}, shipped)


def test_explain_says_what_a_setting_means_and_where_it_was_set(tmp_path: Path, user: Path) -> None:
    root = write(tmp_path, "sandbox:\n  backend: none\n")
    user.parent.mkdir()
    user.write_text("\nlearning: {enabled: true}\n")
    backend = config_file.explain("sandbox.backend", root, user=user)
    assert (backend.value, backend.default) == ("none", "auto")
    assert backend.source == f"{root / '.ambient.yml'}:2"
    assert backend.type == "auto | docker | bubblewrap | none"
    assert config_file.explain("learning.enabled", root, user=user).source == f"{user}:2"
    assert config_file.explain("kimi.model_id", root, user=user).source == "default"
    assert config_file.explain("sandbox.allowed_commands").type == "list of string"
    assert "build_network" in str(config_file.explain("sandbox", root, user=user))
    with pytest.raises(ConfigError, match=r"Did you mean `sandbox\.backend`"):
        config_file.explain("sandbox.backnd", root, user=user)


def test_every_setting_has_a_meaning() -> None:
    keys = [".".join(path) for path, _, _ in config_file._fields(Config)]
    assert len(keys) > 50
    for key in keys:
        assert config_file.explain(key).meaning, key


def test_the_template_is_the_defaults_with_their_meanings(tmp_path: Path, user: Path) -> None:
    text = config_file.template()
    root = write(tmp_path, text)
    assert config_file.problems(root, user=user) == []
    assert config_file.load(root, user=user) == Config()
    assert text.startswith("# yaml-language-server: $schema=")
    assert "None" not in re.sub(r"#.*", "", text)


def test_an_unsaved_buffer_can_be_judged(tmp_path: Path, user: Path) -> None:
    (problem,) = config_file.problems(tmp_path, user=user, text="kimmi: {}\n")
    assert problem.path.name == ".ambient.yml" and "Did you mean `kimi`" in problem.message

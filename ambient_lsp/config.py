"""`.ambient.yml` as values: every setting, its default, its meaning.

The sections `kimi monitoring agents risk_policy sandbox telemetry learning` and their keys are those of the original
specification; the rest is ours. Reading a file, with errors that name the line, is in `config_file.py`.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

SPECIALISTS = ("SecurityGuardian", "RefactorArchitect", "StyleEnforcer", "PerformanceOptimizer", "TestEnhancer")

Level = Literal["low", "medium", "high", "critical"]


class Section(BaseModel):
    """A part of the file. Unknown keys are errors: a misspelt setting must not be ignored in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Provider = Literal["ollama", "openai-compatible", "anthropic", "moonshot", "vllm", "openrouter", "dashscope"]


class Fallback(Section):
    """A host to ask when the first one cannot answer."""

    provider: Provider = Field(default="openai-compatible", description="Which dialect the host speaks.")
    base_url: str = Field(description="Where the host answers.")
    model_id: str = Field(default="", description="The model there; empty means the same as at the first host.")


class Kimi(Section):
    """The model host. Nothing here is needed for Ambient to work: without a model the local analyzers do."""

    provider: Provider = Field(
        default="ollama",
        description="Which dialect the host speaks; a well-known address says it by itself. `vllm` is SGLang too.",
    )
    base_url: str = Field(default="http://localhost:11434/v1", description="Where the host answers.")
    model_id: str = Field(default="kimi-k2.5:cloud", description="The model, or a profile name such as `kimi`.")
    max_concurrency: int = Field(default=8, ge=1, le=1000, description="Most calls in flight.")
    temperature: float = Field(
        default=0.2, ge=0, le=2, description="Asked for only where the model allows it to be set."
    )
    timeout_seconds: float = Field(default=300, gt=0, description="Longest wait for one answer.")
    fallbacks: list[Fallback] = Field(
        default_factory=list, description="Hosts to ask when the first cannot answer, in this order."
    )
    key_hosts: list[str] = Field(
        default_factory=list,
        description="Hosts (`llm.example.com`, or with a port) that may be sent `AMBIENT_API_KEY`, beside those that"
        " your own settings name; only your own settings can say so.",
    )
    price: list[float] = Field(
        default_factory=list,
        max_length=3,
        description="US dollars for a million tokens, three numbers: of the prompt that the host had kept, of the rest"
        " of it, of the answer. Empty means what is known of the model.",
    )
    allow_plain_http: bool = Field(
        default=False, description="Whether a host on another machine may be asked without encryption."
    )

    @field_validator("price")
    @classmethod
    def _price_is_three_numbers(cls, value: list[float]) -> list[float]:
        if len(value) not in (0, 3) or any(one < 0 for one in value):
            raise ValueError("write three numbers of at least 0, or none")
        return value


class Budget(Section):
    """What models may cost. A limit stops the next call, it does not warn; 0 means no limit."""

    tokens_per_run: int = Field(default=2_000_000, ge=0, description="Tokens, read and written, of one run.")
    tokens_per_day: int = Field(default=20_000_000, ge=0, description="Tokens of one day (UTC) in this repository.")
    tokens_per_repo: int = Field(default=0, ge=0, description="Tokens of this repository, ever.")
    cost_per_run: float = Field(default=2, ge=0, description="US dollars of one run.")
    cost_per_day: float = Field(default=10, ge=0, description="US dollars of one day (UTC) in this repository.")
    cost_per_repo: float = Field(default=0, ge=0, description="US dollars of this repository, ever.")


Asking = Literal["save", "command", "schedule", "git-hook", "webhook", "mission"]


class Swarm(Section):
    """How the specialists use the model, where one answers. Only in a trusted folder."""

    triggers: list[Asking] = Field(
        default_factory=lambda: list[Asking](["save", "command", "git-hook", "webhook", "mission"]),
        description="What asks the model; an empty list means never.",
    )
    rounds: int = Field(
        default=2, ge=1, le=4, description="1: each specialist by itself; more: each sees the others' proposals, again."
    )
    refuter: bool = Field(default=True, description="Have every claim of a model attacked, without its conversation.")
    context_tokens: int = Field(default=24_000, ge=1000, description="Most tokens of the repository in one question.")
    answer_tokens: int = Field(default=8192, ge=256, description="Most tokens of one answer, thinking included.")
    never_send: list[str] = Field(
        default_factory=list, description="Patterns (as in .gitignore) of files that no model is sent."
    )
    max_workers: int = Field(default=3, ge=1, le=1000, description="Files at once in a batch run.")
    whole_suite: bool = Field(
        default=True,
        description="Run the whole suite once on all changes of a batch together; off: only tests that reach them.",
    )


class Monitoring(Section):
    """What `ambient watch` and the language server look at."""

    enabled: bool = Field(default=True, description="Off means that only commands start a review.")
    watch_paths: list[str] = Field(
        default_factory=list, description="Folders to look at, relative to the root; empty means all of it."
    )
    ignore_patterns: list[str] = Field(
        default_factory=lambda: ["*.pyc", "__pycache__", ".git"],
        description="Patterns (as in .gitignore) to leave alone, beside .gitignore and .ambientignore.",
    )
    debounce_seconds: float = Field(
        default=5,
        ge=0,
        description="Quiet time after a file change before `watch` starts; a save in an editor starts at once.",
    )
    check_interval_seconds: float = Field(
        default=300, ge=0, description="Periodic scan of changed files; 0 turns it off."
    )
    event_sources: list[str] = Field(
        default_factory=list,
        description="`path/to/file.py:Class` of what brings `ambient watch` more triggers; only in a trusted folder.",
    )
    max_file_bytes: int = Field(default=1_000_000, ge=1, description="Larger files are skipped, with a note.")


class SecuritySettings(Section):
    """Finds security weaknesses."""

    severity_threshold: Level = Field(default="medium", description="Report this level and above.")
    scan_dependencies: bool = Field(default=True, description="Look at declared dependencies too.")


class RefactorSettings(Section):
    """Finds structure that is hard to change."""

    complexity_threshold: int = Field(default=15, ge=1, description="Cognitive complexity a function may have.")
    max_function_lines: int = Field(default=100, ge=1, description="Lines a function may have.")
    min_duplicate_lines: int = Field(default=6, ge=2, description="Lines a repeated block has at least.")


class StyleSettings(Section):
    """Keeps to the project's own style."""

    defer_to_formatter: bool = Field(default=True, description="Leave layout to the project's formatter.")


class PerformanceSettings(Section):
    """Finds slow code."""

    min_speedup_percent: float = Field(default=10, ge=0, description="Offer a fix only if it is this much faster.")


class CoverageSettings(Section):
    """Finds untested code."""

    coverage_threshold: float = Field(default=80, ge=0, le=100, description="Percent of lines a file should have run.")
    prioritize_paths: list[str] = Field(default_factory=list, description="Paths to test first.")
    repeat: int = Field(default=10, ge=1, description="Times that a new test must pass, in random order.")
    snapshots: bool = Field(
        default=False,
        description="Offer tests, too, of values that nothing but the code itself confirms: they hold its bugs fast.",
    )


class Agents(BaseModel):
    """Who looks at the code. A custom specialist's settings go under its own name."""

    model_config = ConfigDict(extra="allow", frozen=True)

    enabled: list[str] = Field(default_factory=lambda: list(SPECIALISTS), description="Specialists to ask.")
    custom: dict[str, str] = Field(
        default_factory=dict,
        description="Name -> `path/to/file.py:Class` in this repository, or `package.module:Class` of an installed one."
        " Files of the repository are loaded only in a trusted folder.",
    )
    ignore_rules: list[str] = Field(
        default_factory=list, description="Rules to hear nothing of: an id, or what several begin with (`AMB-REF`)."
    )
    repeat_other_tools: bool = Field(
        default=False,
        description="Show a finding even if a tool that this project has set up (ruff, flake8, pylint, bandit) says the"
        " same; its fix is offered either way.",
    )
    new_code_only: bool = Field(
        default=False, description="Show only what is new, or on lines that changed, since `new_code_since`."
    )
    new_code_since: str = Field(
        default="HEAD", min_length=1, description="What new code is compared with: the last commit, or a branch's fork."
    )
    baseline: str = Field(
        default=".ambient-baseline.json",
        description="File of findings to keep quiet about, made by `ambient baseline create`; empty for none.",
    )
    max_findings_per_file: int = Field(default=50, ge=1, description="Most findings shown in one file.")
    max_proposals_per_file: int = Field(
        default=5,
        ge=1,
        description="Most proposals for one file and run. Where some do not hold, as many others are checked.",
    )
    SecurityGuardian: SecuritySettings = Field(default_factory=SecuritySettings)
    RefactorArchitect: RefactorSettings = Field(default_factory=RefactorSettings)
    StyleEnforcer: StyleSettings = Field(default_factory=StyleSettings)
    PerformanceOptimizer: PerformanceSettings = Field(default_factory=PerformanceSettings)
    TestEnhancer: CoverageSettings = Field(default_factory=CoverageSettings)


class RiskPolicy(Section):
    """What needs a human."""

    auto_apply: list[Level] = Field(
        default_factory=lambda: list[Level](["low", "medium"]), description="Offered once proven."
    )
    require_approval: list[Level] = Field(
        default_factory=lambda: list[Level](["high", "critical"]), description="A human decides."
    )
    file_change_limit: int = Field(default=10, ge=1, description="More files than this: a human decides.")
    loc_change_limit: int = Field(default=500, ge=1, description="More changed lines than this: a human decides.")
    sensitive_patterns: list[str] = Field(
        default_factory=lambda: ["auth", "payment", "secret", "crypto"],
        description="Words in a path that make a human decide.",
    )
    forbidden_paths: list[str] = Field(
        default_factory=list,
        description="Patterns (as in .gitignore) that no proposal may touch, beside the built-in ones.",
    )
    custom_gates: list[str] = Field(
        default_factory=list, description="`path/to/file.py:function`; loaded only in a trusted folder."
    )


class Resources(Section):
    """What one check may use."""

    memory: str = Field(default="2g", pattern=r"^\d+[kmgKMG]?$", description="Memory, as `512m` or `2g`.")
    cpus: float = Field(default=2.0, gt=0, description="Processors.")
    pids_limit: int = Field(default=100, ge=8, description="Processes and threads.")
    timeout_seconds: float = Field(default=300, gt=0, description="Longest time for one command.")

    @field_validator("cpus", mode="before", json_schema_input_type=float | str)
    @classmethod
    def _cpus_may_be_text(cls, value: Any) -> Any:
        return float(value) if isinstance(value, str) and value.replace(".", "", 1).isdigit() else value


class Sandbox(Section):
    """Where checks run."""

    backend: Literal["auto", "docker", "bubblewrap", "none"] = Field(
        default="auto", description="`auto` takes Docker if an engine answers, else bubblewrap. `none` offers no fixes."
    )
    image: str = Field(default="ambient-sandbox:latest", description="Docker image for checks.")
    network_mode: Literal["none"] = Field(default="none", description="Checks have no network.")
    resources: Resources = Field(default_factory=Resources)
    allowed_commands: list[str] = Field(
        default_factory=lambda: [
            "^pytest",
            "^ruff\\s+(check|format)",
            "^mypy",
            "^cargo\\s+(test|check|clippy)",
            "^npm\\s+test",
            "^make\\s+(test|lint|check)",
            "^git\\s+(status|diff|log|show)",
        ],
        description="Commands that checks may be, matched on the words of the line; never given to a shell.",
    )
    checks: dict[str, str] = Field(
        default_factory=dict, description="Extra checks: name -> command line, which must be allowed above."
    )
    python_checks: list[str] = Field(
        default_factory=list,
        description="Extra checks in Python: `path/to/file.py:function`; loaded only in a trusted folder.",
    )
    python: str = Field(default="", description="The project's interpreter; empty means found by itself.")
    build_network: bool = Field(
        default=False, description="Whether the image build may fetch the project's dependencies (user settings only)."
    )


class Telemetry(Section):
    """A local log; nothing is ever sent."""

    enabled: bool = Field(default=True, description="Whether to keep it.")
    log_path: str = Field(default=".ambient/telemetry.jsonl", description="Where, relative to the root.")
    include_diffs: bool = Field(default=False, description="Whether diffs go into it, and the code that reasons quote.")
    retention_days: int = Field(default=30, ge=1, description="Days after which lines are dropped.")


class Learning(Section):
    """What Ambient remembers of your decisions."""

    enabled: bool = Field(default=False, description="Rank by what was accepted and dismissed before.")
    track_revert_rate: bool = Field(default=True, description="Count fixes that were taken back.")
    track_agent_success: bool = Field(default=True, description="Count fixes that were taken.")
    dismissal_days: int = Field(default=0, ge=0, description="Days that a dismissal lasts; 0 means for good.")
    mute_rules: bool = Field(
        default=True, description="Mute a rule that is dismissed again and again here, and say so (`ambient rules`)."
    )
    never_mute: list[str] = Field(
        default_factory=list, description="Rules that stay whatever is dismissed: an id, or what several begin with."
    )
    half_life_days: float = Field(
        default=90, gt=0, description="Days after which a decision counts half, so that a muted rule comes back."
    )


class Config(Section):
    """The whole file."""

    kimi: Kimi = Field(default_factory=Kimi)
    budget: Budget = Field(default_factory=Budget)
    swarm: Swarm = Field(default_factory=Swarm)
    monitoring: Monitoring = Field(default_factory=Monitoring)
    agents: Agents = Field(default_factory=Agents)
    risk_policy: RiskPolicy = Field(default_factory=RiskPolicy)
    sandbox: Sandbox = Field(default_factory=Sandbox)
    telemetry: Telemetry = Field(default_factory=Telemetry)
    learning: Learning = Field(default_factory=Learning)

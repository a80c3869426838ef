"""The wire of training modules: supersets of what the phones and the operations console read."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from kb_api.edit_models import Id, Level, Word


class ListModules(Struct, frozen=True, kw_only=True):
    """Whether modules that are switched off are listed too."""

    include_disabled: bool = False


class ModuleItem(Struct, frozen=True, kw_only=True):
    """A module in a list; sizes are bytes of the download, about."""

    id: str
    name: str
    description: str
    icon_name: str
    theme_color_hex: str
    version: str
    supports_team_mode: bool
    supports_speed_training: bool
    supports_competition_sim: bool
    enabled: bool
    download_size: int
    download_size_bytes: int


class ModuleList(Struct, frozen=True, kw_only=True):
    """Every module."""

    modules: list[ModuleItem]
    server_version: str
    total: int


class ModuleDomain(Struct, frozen=True, kw_only=True):
    """A domain's share of a module."""

    id: str
    name: str
    weight: float
    icon_name: str
    question_count: int


class ModuleDetail(ModuleItem, frozen=True, kw_only=True):
    """A module by itself. `study_modes` is empty: the phones read it in two ways that no other value satisfies."""

    long_description: str
    base_supports_team_mode: bool
    base_supports_speed_training: bool
    base_supports_competition_sim: bool
    feature_overrides: dict[str, bool]
    domains: list[ModuleDomain]
    study_modes: list[str]
    total_questions: int
    estimated_study_hours: float


class DownloadModule(Struct, frozen=True, kw_only=True):
    """What the Android app says when it downloads a module; the other clients send nothing."""

    module_id: Word | None = None
    include_audio: bool | None = None


class DownloadSettings(Struct, frozen=True, kw_only=True):
    """How a module is practised unless the learner says otherwise; seconds, and a share from 0 to 1."""

    default_time_per_question: int = 15
    enable_spoken_questions: bool = True
    enable_spoken_answers: bool = True
    minimum_mastery_for_completion: float = 0.8


class ModuleAnswerText(Struct, frozen=True, kw_only=True):
    """The answer as Android's question service reads it."""

    primary: str
    acceptable: list[str]
    answerType: str  # noqa: N815  as the app spells it


class DownloadedQuestion(Struct, frozen=True, kw_only=True):
    """A question under both spellings. `difficulty` is a level for iOS, a word for Android, or left out."""

    id: str
    text: str
    question_text: str
    answer: ModuleAnswerText
    answer_text: str
    acceptable_answers: list[str]
    domain: str
    domain_id: str
    subcategory: str
    question_type: str
    speed_target_seconds: int
    hints: list[str]
    explanation: str
    difficulty: int | str | UnsetType = UNSET


class DownloadedDomain(ModuleDomain, frozen=True, kw_only=True):
    """A domain with its questions."""

    questions: list[DownloadedQuestion]
    subcategories: list[str]


class ModuleContent(ModuleItem, frozen=True, kw_only=True):
    """A whole module. `downloaded_at`: seconds since 2001-01-01."""

    downloaded_at: int
    total_questions: int
    domains: list[DownloadedDomain]
    study_modes: list[dict[str, Any]]
    settings: DownloadSettings


class FeatureOverrides(Struct, frozen=True, kw_only=True):
    """Features to switch on or off; what is absent stays."""

    team_mode: bool | None = None
    speed_training: bool | None = None
    competition_sim: bool | None = None


class ChangeModule(Struct, frozen=True, kw_only=True):
    """A tenant's decision about a module; what is absent stays."""

    enabled: bool | None = None
    feature_overrides: FeatureOverrides | None = None


class ModuleDecision(Struct, frozen=True, kw_only=True):
    """What holds now."""

    module_id: str
    enabled: bool
    feature_overrides: dict[str, bool]
    effective_features: dict[str, bool]
    success: bool = True


class ImportFromModule(Struct, frozen=True, kw_only=True):
    """The pack to fill, and which of the module's questions."""

    pack_id: Id
    domains: Annotated[list[Word], Meta(max_length=100)] | None = None
    difficulties: Annotated[list[Level], Meta(max_length=5)] | None = None


class ImportedFromModule(Struct, frozen=True, kw_only=True):
    """How many questions the pack got, and how many it had already."""

    imported_count: int
    skipped_count: int
    success: bool = True


class Synced(Struct, frozen=True, kw_only=True):
    """What the database holds; the module's questions are in it from the start."""

    imported_count: int
    module_questions: int
    importer_questions: int
    total_questions: int
    domain_counts: dict[str, int]
    success: bool = True

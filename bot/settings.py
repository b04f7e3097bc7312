"""Which settings are there, what do they mean, and what is wrong with one?

Read from the environment, or from a `.env` file in the folder the command is run in; the environment stands above it.
Nothing is read at import: `read_settings()` does it once, in `bot.app`.
"""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AnyHttpUrl, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import SettingsError

OWN_PREFIXES = ("STAFFROOM_", "SLACK_")

OF_SOURCES = ("STAFFROOM_SOURCE_", "STAFFROOM_ALLOW_PRIVATE_ADDRESSES")
"""What `ingestion.sources` reads itself: the credentials of the sources that `trust.toml` names, and a test's leave."""


class Settings(BaseSettings):
    """All settings, checked. Names in the environment are the aliases in capitals; empty means unset."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", env_ignore_empty=True, extra="ignore", frozen=True
    )

    corpus: Path = Field(Path("corpus"), validation_alias="STAFFROOM_CORPUS")
    data: Path = Field(Path(".staffroom"), validation_alias="STAFFROOM_DATA")
    database_url: str | None = Field(None, validation_alias="STAFFROOM_DATABASE_URL")
    chroma_url: AnyHttpUrl | None = Field(None, validation_alias="STAFFROOM_CHROMA_URL")
    embedding_model: str | None = Field(None, validation_alias="STAFFROOM_EMBEDDING_MODEL")
    embedding_precision: Literal["auto", "int8", "float32"] = Field(
        "auto", validation_alias="STAFFROOM_EMBEDDING_PRECISION"
    )
    refresh_minutes: float | None = Field(None, validation_alias="STAFFROOM_REFRESH_MINUTES", ge=1)

    chat_model: str | None = Field(None, validation_alias="STAFFROOM_CHAT_MODEL", pattern=r"^[a-z0-9_]+:.+$")
    chat_base_url: AnyHttpUrl | None = Field(None, validation_alias="STAFFROOM_CHAT_BASE_URL")
    chat_timeout_seconds: float = Field(20.0, validation_alias="STAFFROOM_CHAT_TIMEOUT_SECONDS", gt=0, le=120)
    chat_retries: int = Field(2, validation_alias="STAFFROOM_CHAT_RETRIES", ge=0, le=10)
    chat_pause_after_failures: int = Field(4, validation_alias="STAFFROOM_CHAT_PAUSE_AFTER_FAILURES", ge=1)
    chat_pause_seconds: float = Field(60.0, validation_alias="STAFFROOM_CHAT_PAUSE_SECONDS", ge=0)
    chat_max_input_tokens: int | None = Field(None, validation_alias="STAFFROOM_CHAT_MAX_INPUT_TOKENS", ge=200)
    chat_max_output_tokens: int | None = Field(None, validation_alias="STAFFROOM_CHAT_MAX_OUTPUT_TOKENS", ge=16)
    chat_price_input: float | None = Field(None, validation_alias="STAFFROOM_CHAT_PRICE_INPUT", ge=0)
    chat_price_output: float | None = Field(None, validation_alias="STAFFROOM_CHAT_PRICE_OUTPUT", ge=0)

    admins: Annotated[tuple[str, ...], NoDecode] = Field((), validation_alias="STAFFROOM_ADMINS")
    slack_bot_token: SecretStr | None = Field(None, validation_alias="SLACK_BOT_TOKEN")
    slack_signing_secret: SecretStr | None = Field(None, validation_alias="SLACK_SIGNING_SECRET")
    slack_app_token: SecretStr | None = Field(None, validation_alias="SLACK_APP_TOKEN")
    slack_api_url: str | None = Field(None, validation_alias="SLACK_API_URL", pattern=r"^https?://.+/$")

    @field_validator("admins", mode="before")
    @classmethod
    def _split_list(cls, value: Any) -> Any:
        """Comma- or blank-separated in the environment: `U0123, U0456`."""
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @property
    def knows_chat_prices(self) -> bool:
        """True when what the chat model costs can be counted."""
        return self.chat_price_input is not None or self.chat_price_output is not None

    @property
    def uses_slack(self) -> bool:
        """True with a bot token and a way in: a signing secret (HTTP) or an app token (Socket Mode)."""
        return self.slack_bot_token is not None and (
            self.slack_signing_secret is not None or self.slack_app_token is not None
        )


_EXPLAINED = {
    "STAFFROOM_CHAT_MODEL": "write it as provider:model, for instance openai:gpt-4.1-mini",
    "STAFFROOM_CHAT_BASE_URL": "write a whole address, for instance http://127.0.0.1:8080/v1",
    "STAFFROOM_CHROMA_URL": "write a whole address, for instance http://chroma:8000",
    "STAFFROOM_EMBEDDING_PRECISION": "write auto, int8 or float32",
    "STAFFROOM_REFRESH_MINUTES": "write a number of minutes, 1 or more",
    "STAFFROOM_CHAT_TIMEOUT_SECONDS": "write a number of seconds from 1 to 120",
    "STAFFROOM_CHAT_RETRIES": "write a whole number from 0 to 10",
    "STAFFROOM_CHAT_PAUSE_AFTER_FAILURES": "write a whole number of failures, 1 or more",
    "STAFFROOM_CHAT_PAUSE_SECONDS": "write a number of seconds, 0 or more",
    "STAFFROOM_CHAT_MAX_INPUT_TOKENS": "write a whole number of tokens, 200 or more",
    "STAFFROOM_CHAT_MAX_OUTPUT_TOKENS": "write a whole number of tokens, 16 or more",
    "STAFFROOM_CHAT_PRICE_INPUT": "write the price of a million tokens, for instance 0.40",
    "STAFFROOM_CHAT_PRICE_OUTPUT": "write the price of a million tokens, for instance 1.60",
    "SLACK_API_URL": "write a whole address with its trailing slash, for instance http://127.0.0.1:8888/api/",
}


def read_settings() -> Settings:
    """The settings in force. Raises SettingsError: one sentence that names each wrong setting and what to write
    instead."""
    try:
        settings = Settings()  # type: ignore[call-arg]  # pydantic-settings fills every field from the environment
    except ValidationError as error:
        wrong = [str(problem["loc"][0]) for problem in error.errors()]
        raise SettingsError(
            "; ".join(f"{name} is not usable: {_EXPLAINED.get(name, 'see .env.example')}" for name in wrong) + "."
        ) from None
    if settings.slack_bot_token and not settings.uses_slack:
        raise SettingsError(
            "SLACK_BOT_TOKEN is set without SLACK_SIGNING_SECRET (HTTP) or SLACK_APP_TOKEN (Socket Mode): "
            "set one of them, or unset the token to use the local chat page."
        )
    return settings


def unknown_settings(environment: dict[str, str] | None = None) -> tuple[str, ...]:
    """Variables that look like ours and are none, each with the nearest known name: "STAFFROOM_CORPSE: did you mean
    …?"."""
    known = [str(field.validation_alias) for field in Settings.model_fields.values()]
    names = sorted(os.environ if environment is None else environment)
    return tuple(
        f"{name}: unknown" + (f"; did you mean {near[0]}?" if (near := get_close_matches(name, known, 1)) else "")
        for name in names
        if name.startswith(OWN_PREFIXES[0]) and not name.startswith(OF_SOURCES) and name not in known
    )

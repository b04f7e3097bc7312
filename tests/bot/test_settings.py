from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import Settings, read_settings, unknown_settings


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine, no `.env` of the checkout."""
    monkeypatch.chdir(tmp_path)
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.validation_alias), raising=False)


def test_nothing_needs_to_be_set() -> None:
    settings = read_settings()
    assert (settings.corpus, settings.data, settings.chat_model) == (Path("corpus"), Path(".staffroom"), None)
    assert not settings.uses_slack


def test_an_empty_value_is_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAFFROOM_CHAT_MODEL", "")
    assert read_settings().chat_model is None


def test_a_wrong_value_is_named_with_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAFFROOM_CHAT_MODEL", "gpt-4.1-mini")
    with pytest.raises(SettingsError, match="STAFFROOM_CHAT_MODEL is not usable: write it as provider:model"):
        read_settings()


def test_admins_are_separated_by_commas_or_blanks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAFFROOM_ADMINS", "U01, U02 U03")
    assert read_settings().admins == ("U01", "U02", "U03")


def test_the_environment_stands_above_the_env_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("STAFFROOM_CORPUS=from-file\nSTAFFROOM_DATA=data-from-file\n", encoding="utf-8")
    monkeypatch.setenv("STAFFROOM_CORPUS", "from-environment")
    settings = read_settings()
    assert (settings.corpus, settings.data) == (Path("from-environment"), Path("data-from-file"))


def test_a_bot_token_alone_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    with pytest.raises(SettingsError, match="SLACK_BOT_TOKEN is set without"):
        read_settings()


def test_a_token_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-do-not-show")
    monkeypatch.setenv("SLACK_SIGNING_SECRET", "hush")
    settings = read_settings()
    assert settings.uses_slack
    assert "do-not-show" not in repr(settings)
    assert "hush" not in str(settings)


def test_a_misspelt_setting_is_noticed() -> None:
    assert unknown_settings({"STAFFROOM_CORPSU": "x", "PATH": "y"}) == (
        "STAFFROOM_CORPSU: unknown; did you mean STAFFROOM_CORPUS?",
    )


def test_every_setting_has_a_line_in_the_example_file() -> None:
    example = (Path(__file__).parents[2] / ".env.example").read_text(encoding="utf-8")
    assert [
        str(field.validation_alias)
        for field in Settings.model_fields.values()
        if f"#{field.validation_alias}=" not in example
    ] == []

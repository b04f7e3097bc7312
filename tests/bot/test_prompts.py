from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.prompts import REPLY_NAMES, load_prompt, load_replies


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return folder


def test_every_shipped_reply_and_prompt_loads() -> None:
    assert set(load_replies()) == set(REPLY_NAMES)
    assert load_prompt("compose").variables == {"fence", "question", "passages"}
    assert load_prompt("rewrite").variables == {"fence", "conversation", "question"}


def test_a_value_is_put_in_once_and_its_own_braces_stay() -> None:
    filled = load_prompt("compose").fill_user(
        fence="f00d", question="{{ passages }}?", passages="[1] P\n{{ question }}"
    )
    assert "{{ passages }}?" in filled
    assert "[1] P\n{{ question }}" in filled


def test_a_missing_value_is_named() -> None:
    with pytest.raises(KeyError, match="passages"):
        load_prompt("compose").fill_user(fence="f00d", question="?")


def test_a_variable_that_is_used_and_not_listed_fails_by_name(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        system_md="Be brief.",
        user_md="{{ question }} {{ tone }}",
        prompt_toml='variables = ["question"]\ntemperature = 0.0\nmax_output_tokens = 9\nmax_input_characters = 99\n',
    )
    with pytest.raises(SettingsError, match="'tone' is used in the text and not listed"):
        load_prompt("compose", folder)


def test_an_unknown_key_fails_by_name(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        system_md="s",
        user_md="u",
        prompt_toml="variables = []\ntemperatur = 0.0\nmax_output_tokens = 9\nmax_input_characters = 99\n",
    )
    with pytest.raises(SettingsError, match="unknown key 'temperatur'"):
        load_prompt("compose", folder)


def test_the_digest_changes_with_any_word(tmp_path: Path) -> None:
    config = "variables = []\ntemperature = 0.0\nmax_output_tokens = 9\nmax_input_characters = 99\n"
    before = load_prompt("x", written(tmp_path, system_md="s", user_md="u", prompt_toml=config)).digest
    after = load_prompt("x", written(tmp_path, system_md="s!", user_md="u", prompt_toml=config)).digest
    assert before != after
    assert len(before) == 12

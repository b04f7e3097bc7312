"""How is a chat model asked, whoever provides it?

The one module that knows LangChain's chat models. A failure of any sort, a refusal or a time-out is one error,
ChatModelFailed, and the quotation answer is given in its place.
"""

from __future__ import annotations

from typing import Any

from bot.errors import ChatModelFailed, SettingsError


class LangChainChatModel:
    """A chat model by LangChain name, `provider:model`; `base_url` is another address for that provider's API."""

    def __init__(self, name: str, *, base_url: str | None, timeout_seconds: float) -> None:
        """Raises SettingsError when the provider is unknown, its package is not installed, or its key is missing."""
        from langchain.chat_models import init_chat_model  # half a second to import; only with a model set

        self.name = name
        provider = name.partition(":")[0]
        where: dict[str, Any] = {} if base_url is None else {"base_url": base_url}
        try:
            self._model = init_chat_model(name, timeout=timeout_seconds, max_retries=1, **where)
        except ImportError as error:
            raise SettingsError(
                f"STAFFROOM_CHAT_MODEL={name}: {provider!r} needs a package that is not installed "
                f"({error.name or error}). "
                f"Install it with `pip install 'staffroom[{provider}]'`."
            ) from error
        except Exception as error:  # providers raise their own types for a missing key or an unknown name
            raise SettingsError(f"STAFFROOM_CHAT_MODEL={name} cannot be used: {_first_line(error)}") from error

    def write(self, system: str, user: str, *, temperature: float, max_output_tokens: int) -> str:
        """What the model writes. Raises ChatModelFailed when it fails, takes too long or writes nothing."""
        try:
            model = self._model.bind(temperature=temperature, max_tokens=max_output_tokens)
            message = model.invoke([("system", system), ("human", user)])
        except Exception as error:  # each provider's client has its own error tree; all mean: no answer from it
            raise ChatModelFailed(f"{self.name} did not answer: {type(error).__name__}") from error
        text = message.text.strip() if isinstance(message.text, str) else ""
        if not text:
            raise ChatModelFailed(f"{self.name} wrote nothing")
        return text


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__

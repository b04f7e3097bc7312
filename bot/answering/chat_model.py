"""How is a chat model asked, whoever provides it?

The one module that knows LangChain's chat models. Whatever goes wrong is one error, ChatModelFailed, which says what,
and the quotation answer is given in its place. A call ends within `timeout_seconds`, retries and all; a provider that
keeps failing is left alone for a while.
"""

from __future__ import annotations

import queue
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, stop_before_delay

from bot.answering.circuit import Circuit
from bot.answering.write import Written
from bot.errors import ChatModelFailed, ChatProblem, SettingsError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

PASSING_STATUSES = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""HTTP statuses that may be gone at the next try (529: Anthropic's "overloaded")."""
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.5, 8.0
"""Between two tries, doubled each time, with up to half of it at random; a provider's Retry-After counts instead."""
KNOWN_PROVIDERS = "openai, anthropic, ollama, google_genai, mistralai, azure_openai"
_OUTPUT_CAP = {"ollama": "num_predict", "google_genai": "max_output_tokens", "google_vertexai": "max_output_tokens"}
"""What a provider's class calls the cap on output tokens, where it is not `max_tokens`."""
_CUT_OFF = frozenset({"length", "max_tokens"})
_REFUSED = frozenset({"content_filter", "refusal", "safety", "prohibited_content", "recitation"})

OnText = Callable[[str], None]


@dataclass(frozen=True)
class ChatLimits:
    """What a chat model may take before the quotation answer is given."""

    timeout_seconds: float = 20.0
    """For one call with all its retries."""
    retries: int = 2
    pause_after_failures: int = 4
    pause_seconds: float = 60.0


class LangChainChatModel:
    """A chat model by LangChain name, `provider:model`; `base_url` is another address for that provider's API. Safe to
    call from threads."""

    def __init__(
        self,
        name: str,
        *,
        base_url: str | None = None,
        limits: ChatLimits | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Raises SettingsError when the provider is unknown, its package is not installed, or its key is missing."""
        self.name = name
        self._provider = name.partition(":")[0]
        self._base_url = base_url
        self._limits = limits or ChatLimits()
        self._sleep = sleep
        self._circuit = Circuit(
            opens_after=self._limits.pause_after_failures, pause_seconds=self._limits.pause_seconds, clock=clock
        )
        self._clients: dict[tuple[float | None, int], BaseChatModel] = {}
        self._takes_all = True  # our temperature, and the request for usage figures in a stream
        self._client(0.0, 400)  # that of a usual answer: whatever is wrong with the settings is said now

    def write(
        self, system: str, user: str, *, temperature: float, max_output_tokens: int, on_text: OnText | None = None
    ) -> Written:
        """What the model writes. Raises ChatModelFailed when it fails, refuses, takes too long or writes nothing.

        `on_text` is handed the text piece by piece as it comes; what it raises is raised here.
        """
        if not self._circuit.lets_through():
            raise ChatModelFailed(f"{self.name} is not asked for a while: it failed several times", "not_asked")
        try:
            written = self._written(system, user, temperature, max_output_tokens, on_text)
        except ChatModelFailed as error:
            if error.problem in ("refused", "empty"):
                self._circuit.succeeded()
            else:
                self._circuit.failed()
            raise
        except BaseException:  # ours, not the provider's: it did answer
            self._circuit.succeeded()
            raise
        self._circuit.succeeded()
        return written

    def _written(
        self, system: str, user: str, temperature: float, max_output_tokens: int, on_text: OnText | None
    ) -> Written:
        deadline = time.monotonic() + self._limits.timeout_seconds
        messages = [("system", system), ("human", user)]
        shown = _Shown(on_text)

        def once() -> BaseMessage:
            client = self._client(temperature if self._takes_all else None, max_output_tokens)
            try:
                return _in_time(self._pieces(client, messages, is_streamed=on_text is not None), shown, deadline)
            except _Failed as failure:
                # some models take no temperature of ours, some servers no request for usage figures
                if _status_of(failure.cause) not in (400, 422) or not self._takes_all or shown.any_text:
                    raise
                self._takes_all = False
                return once()

        retrying = Retrying(
            retry=retry_if_exception(lambda error: not shown.any_text and _may_pass(error)),
            wait=_seconds_to_wait,
            stop=stop_after_attempt(1 + self._limits.retries) | stop_before_delay(self._limits.timeout_seconds),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            message = retrying(once)
        except _Failed as failure:
            cause = failure.cause
            raise ChatModelFailed(f"{self.name} did not answer: {type(cause).__name__}", _problem_of(cause)) from cause
        return _read(message, self.name)

    def _pieces(
        self, client: BaseChatModel, messages: list[tuple[str, str]], *, is_streamed: bool
    ) -> Callable[[], Iterator[BaseMessage]]:
        if not is_streamed:
            return lambda: iter([client.invoke(messages)])
        usage: dict[str, Any] = {"stream_usage": True} if self._provider == "openai" and self._takes_all else {}
        return lambda: client.stream(messages, **usage)

    def _client(self, temperature: float | None, max_output_tokens: int) -> BaseChatModel:
        """One client for each pair of settings: not every provider takes them with a call."""
        key = (temperature, max_output_tokens)
        if key not in self._clients:
            self._clients[key] = self._open(temperature, max_output_tokens)
        return self._clients[key]

    def _open(self, temperature: float | None, max_output_tokens: int) -> BaseChatModel:
        from langchain.chat_models import init_chat_model  # half a second to import; only with a model set

        options = client_options(
            self._provider, timeout_seconds=self._limits.timeout_seconds, max_output_tokens=max_output_tokens
        )
        if temperature is not None:
            options["temperature"] = temperature
        if self._base_url is not None:
            options["base_url"] = self._base_url
        try:
            client: BaseChatModel = init_chat_model(self.name, **options)
        except ImportError as error:
            raise SettingsError(
                f"STAFFROOM_CHAT_MODEL={self.name}: {self._provider!r} needs a package that is not installed "
                f"({error.name or error}). "
                f"Install it with `pip install 'staffroom[{self._provider}]'`."
            ) from error
        except ValueError as error:
            if "provider" not in str(error):
                raise SettingsError(_unusable(self.name, error)) from error
            raise SettingsError(
                f"STAFFROOM_CHAT_MODEL={self.name}: there is no provider {self._provider!r}. Write provider:model, for "
                f"instance openai:gpt-4.1-mini; providers are {KNOWN_PROVIDERS} and the others that LangChain knows."
            ) from error
        except Exception as error:  # providers raise their own types for a missing key or an unknown name
            raise SettingsError(_unusable(self.name, error)) from error
        return client


def client_options(provider: str, *, timeout_seconds: float, max_output_tokens: int) -> dict[str, Any]:
    """The caps as a provider's LangChain class names them. Retries are ours, and so is the end of the whole call."""
    options: dict[str, Any] = {_OUTPUT_CAP.get(provider, "max_tokens"): max_output_tokens}
    if provider == "ollama":
        return {**options, "client_kwargs": {"timeout": timeout_seconds}}
    return {**options, "timeout": timeout_seconds, "max_retries": 0}


class _Failed(Exception):
    """A try that failed, by the provider's own error."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


class _Shown:
    """Hands the text on, and knows whether any was: from then on a try cannot be made again."""

    def __init__(self, on_text: OnText | None) -> None:
        self._on_text = on_text
        self.any_text = False

    def add(self, piece: BaseMessage) -> None:
        text = str(piece.text)
        if self._on_text is not None and text:
            self.any_text = True
            self._on_text(text)


def _in_time(open_pieces: Callable[[], Iterator[BaseMessage]], shown: _Shown, deadline: float) -> BaseMessage:
    """The pieces put together. Raises _Failed; after the deadline with a TimeoutError.

    The provider is read in a thread of its own, for its client's own time-out counts from one piece to the next: a
    provider that sends a word every ten seconds would never be too slow for it.
    """
    pieces: queue.SimpleQueue[BaseMessage | Exception | None] = queue.SimpleQueue()
    given_up = threading.Event()

    def read() -> None:
        try:
            with _untraced():
                for piece in open_pieces():
                    if given_up.is_set():
                        return  # which closes the stream
                    pieces.put(piece)
                pieces.put(None)
        except Exception as error:  # each provider's client has its own error tree; all mean: no answer from it
            pieces.put(error)

    threading.Thread(target=read, name="chat-model", daemon=True).start()
    whole: Any = None
    try:
        while (piece := _next(pieces, deadline)) is not None:
            if isinstance(piece, Exception):
                raise _Failed(piece)
            shown.add(piece)
            whole = piece if whole is None else whole + piece
    finally:
        given_up.set()
    if whole is None:
        raise _Failed(EOFError("an answer without a message"))
    message: BaseMessage = whole
    return message


def _next(pieces: queue.SimpleQueue[BaseMessage | Exception | None], deadline: float) -> BaseMessage | Exception | None:
    try:
        return pieces.get(timeout=max(0.0, deadline - time.monotonic()))
    except queue.Empty:
        return TimeoutError("took too long")


def _untraced() -> Any:
    """LangSmith's variables may be set for another program on this machine: questions are not sent there."""
    from langsmith import tracing_context

    return tracing_context(enabled=False)


def _read(message: BaseMessage, name: str) -> Written:
    about = message.response_metadata
    ended = str(about.get("finish_reason") or about.get("stop_reason") or about.get("done_reason") or "").lower()
    text = str(message.text).strip()
    if ended in _REFUSED or message.additional_kwargs.get("refusal"):
        raise ChatModelFailed(f"{name} refused to answer", "refused")
    if not text:
        raise ChatModelFailed(f"{name} wrote nothing", "empty")
    usage = getattr(message, "usage_metadata", None) or {}
    return Written(
        text,
        is_cut_off=ended in _CUT_OFF,
        tokens_in=usage.get("input_tokens"),
        tokens_out=usage.get("output_tokens"),
    )


def _status_of(error: BaseException) -> int | None:
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) else None


def _is_timeout(error: BaseException) -> bool:
    return isinstance(error, TimeoutError) or "Timeout" in type(error).__name__


def _is_connection(error: BaseException) -> bool:
    return isinstance(error, ConnectionError) or "Connect" in type(error).__name__


def _may_pass(error: BaseException) -> bool:
    """True for a failure that another try may not meet."""
    if not isinstance(error, _Failed):
        return False
    cause = error.cause
    return _status_of(cause) in PASSING_STATUSES or _is_timeout(cause) or _is_connection(cause)


def _problem_of(error: BaseException) -> ChatProblem:
    status = _status_of(error)
    if status == 429:
        return "rate_limited"
    if _is_timeout(error):
        return "too_slow"
    if _is_connection(error):
        return "unreachable"
    return "error" if status is None or status >= 500 else "rejected"


def _seconds_to_wait(state: RetryCallState) -> float:
    """What the provider asks for in Retry-After (seconds), else a wait that doubles."""
    error = state.outcome.exception() if state.outcome else None
    response = getattr(error.cause, "response", None) if isinstance(error, _Failed) else None
    try:
        return max(0.0, float(response.headers["retry-after"]))  # type: ignore[union-attr]
    except (AttributeError, KeyError, ValueError):  # none, or a date, which providers of models do not send
        longest: float = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** (state.attempt_number - 1))
        return longest * random.uniform(0.5, 1.0)  # noqa: S311  # spreads the tries of several threads


def _unusable(name: str, error: Exception) -> str:
    first = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
    return f"STAFFROOM_CHAT_MODEL={name} cannot be used: {first}"

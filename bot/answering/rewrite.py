"""How does a follow-up become a question that stands alone, with a chat model?

The rules of `conversation.py` read a follow-up without one. What a model writes in their place is a search query, never
shown; it is used only when it says nothing that was not said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from bot.answering.addressed import speaks_to_a_model, without_hidden
from bot.answering.claims import contact_details
from bot.answering.figures import figures_in
from bot.answering.schools import schools_named
from bot.answering.trace import TraceNotes
from bot.answering.words import STOP_WORDS, content_words, split_words, stem, stems
from bot.answering.write import ChatModel, ask_model, new_fence
from bot.errors import ChatModelFailed
from bot.model import Turn
from bot.prompts import Prompt
from ingestion.model import Trust

MAX_WORDS = 60
"""The prompt asks for 40; what is much longer is an answer or a story."""
MAX_TURNS = 6
"""The latest turns that are sent: a follow-up seldom reaches further back."""
MAX_NEW_SHARE = 0.34
"""Of a rewritten question's content words, the share that the conversation need not have said: other forms of its
words, and "policy"."""


def rewrite_with_model(
    question: str,
    history: Sequence[Turn],
    *,
    model: ChatModel,
    prompt: Prompt,
    trust: Trust,
    notes: TraceNotes,
    is_redirected: Callable[[str], bool],
) -> str | None:
    """The question with what it leaves out, to search by; None where the rules' reading stands.

    That is: without a history; when the question or any of the asker's turns is one that a written reply meets
    (`is_redirected`), for then nothing of the conversation leaves the building; when the model fails; and when what it
    wrote names a school that nobody named, loses a figure of the question, or brings words of its own.
    """
    said = [turn.text for turn in history if turn.role == "user"]
    if not said or any(is_redirected(text) for text in (question, *said)):
        return None
    conversation = _latest(history, prompt.max_input_characters - len(question))
    if not conversation:
        return None
    user = prompt.fill_user(
        fence=new_fence(f"{conversation} {question}"), conversation=conversation, question=without_hidden(question)
    )
    try:
        written = ask_model("rewrite", prompt.system, user, model=model, prompt=prompt, notes=notes)
    except ChatModelFailed as error:
        notes.dropped(f"the rewritten question ({error.problem})")
        return None
    rewritten = " ".join(without_hidden(written.text).split()).strip("\"“”' ")
    why = "it is cut off" if written.is_cut_off else _why_not(rewritten, question, conversation, trust)
    if why is not None:
        notes.dropped(f"the rewritten question ({why})")
        return None
    return rewritten


def _latest(history: Sequence[Turn], most: int) -> str:
    """The latest turns that fit, oldest first, a line a turn; a turn that speaks to a model is left out."""
    lines: list[str] = []
    for turn in reversed(history[-MAX_TURNS:]):
        text = " ".join(without_hidden(turn.text).split())
        if turn.role == "assistant" and speaks_to_a_model(text):
            continue
        line = f"{'Member of staff' if turn.role == 'user' else 'Assistant'}: {text[: most // 2]}"
        if len(line) > most:
            break
        lines.append(line)
        most -= len(line)
    return "\n".join(reversed(lines))


def _why_not(rewritten: str, question: str, conversation: str, trust: Trust) -> str | None:
    """Why a rewritten question is not to be searched by; None when it is."""
    words = split_words(rewritten)
    if not words:
        return "it has no words"
    if len(words) > MAX_WORDS:
        return "it is too long"
    if speaks_to_a_model(rewritten) or contact_details(rewritten):
        return "it is no question"
    everything = f"{conversation} {question}"
    if not set(schools_named(rewritten, trust)) <= set(schools_named(everything, trust)):
        return "it names a school that nobody named"
    if lost := _figures(question) - _figures(rewritten):
        return f"it loses {min(lost)}"
    if brought := _figures(rewritten) - _figures(everything):
        return f"it brings {min(brought)}"
    known = set(stems(everything))
    for acronym in trust.acronyms:
        forms = (acronym.short, acronym.expansion, *acronym.formerly)
        if any(re.search(rf"\b{re.escape(form)}\b", everything, re.IGNORECASE) for form in forms):
            known.update(stems(" ".join(forms)))
    content = {stem(word) for word in content_words(rewritten) if word not in STOP_WORDS}
    if content and len(content - known) / len(content) > MAX_NEW_SHARE:
        return "it brings words that nobody said"
    return None


def _figures(text: str) -> set[str]:
    return {figure.value for figure in figures_in(text)} | set(re.findall(r"\d+", text))

from __future__ import annotations

from dataclasses import replace

from bot.explain import SHOWN_REJECTED, trace_lines
from bot.model import Expansion, ModelCall, Trace, TracedPassage, TracedUnit, Wording
from ingestion.model import Slug

KEPT = TracedPassage(
    "schools/saltmarsh/behaviour.docx", Slug("saltmarsh"), "3.1", ("6 Phones",), "page 4", 0.91, 0.62, None, kept=True
)
LEFT_OUT = TracedPassage("trust/dress.md", None, None, (), "page 1", 0.1, None, 2.5, kept=False)
TRACE = Trace(
    interpretation="LookUp",
    query="mobiles at lunch",
    schools=(Slug("saltmarsh"),),
    expansions=(Expansion("mobiles", "mobile phones"), Expansion("lunch", "midday", shown=False)),
    also=(Wording("and mobiles", 0.5),),
    passages=(KEPT, LEFT_OUT),
    units=(TracedUnit(KEPT.path, "page 4", "A phone seen or heard", 0.8, {"meaning": 0.5}),),
    confidence=0.75,
    readings={"best_score": 0.8, "margin": 0.1},
    dropped=("Everybody gets a horse. (not in the passage)",),
    model_calls=(
        ModelCall("compose", "openai:x", "ab12cd34ef56", 812.4, 700, 30),
        ModelCall("rewrite", "m", "0", 5, problem="error"),
    ),
    made_by="openai:x ab12cd34ef56",
    embedding_model="minilm",
    steps_ms={"interpret": 1.25, "retrieve": 8.0},
)


def test_how_an_answer_came_about_is_told_in_the_order_of_its_steps() -> None:
    assert trace_lines(TRACE) == [
        "Taken for: LookUp",
        "Searched for: mobiles at lunch",
        "  and, counting 0.50: and mobiles",
        "  mobiles → mobile phones",
        "  lunch → midday (word search only)",
        "In documents of: saltmarsh, the trust",
        "Embedded with: minilm",
        "Passages kept (score, likeness, words):",
        "   0.910   0.62      –  schools/saltmarsh/behaviour.docx 3.1, 6 Phones, page 4",
        "Passages left out (score, likeness, words):",
        "   0.100      –   2.50  trust/dress.md, page 1",
        "Words weighed as the answer, best first:",
        "   0.800  schools/saltmarsh/behaviour.docx, page 4: A phone seen or heard …",
        "          meaning 0.500",
        "Confidence: 0.750",
        "  best_score 0.800, margin 0.100",
        "Made by: openai:x ab12cd34ef56",
        "  compose: openai:x, prompt ab12cd34ef56, 812 ms, 700 tokens in, 30 tokens out",
        "  rewrite: m, prompt 0, 5 ms, error",
        "Dropped:",
        "  Everybody gets a horse. (not in the passage)",
        "Took, in ms: interpret 1.2, retrieve 8.0",
    ]


def test_of_what_was_met_with_a_written_reply_there_is_nothing_searched_to_tell() -> None:
    assert trace_lines(Trace(interpretation="Redirect", steps_ms={"interpret": 3.0})) == [
        "Taken for: Redirect",
        "Searched: nothing",
        "Took, in ms: interpret 3.0",
    ]


def test_of_many_passages_left_out_the_first_are_shown_and_the_rest_counted() -> None:
    many = tuple(replace(LEFT_OUT, path=f"trust/{number}.md") for number in range(SHOWN_REJECTED + 3))
    told = trace_lines(Trace(query="x", passages=many))
    assert [line for line in told if "trust/" in line][-1].endswith(f"trust/{SHOWN_REJECTED - 1}.md, page 1")
    assert "  … and 3 more (--json lists all)" in told

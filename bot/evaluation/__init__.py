"""How good are the answers, on questions that people have graded?

    file ─read→ GradedQuestion… ─ask, grade→ Result… ─summarise→ Figures ─save→ folder ─compare→ Comparison

`run.py` asks, `documents.py` looks into the index, `saved.py` writes and reads folders; everything else is pure. How to
write questions and how to read figures: `docs/evaluating.md`.
"""

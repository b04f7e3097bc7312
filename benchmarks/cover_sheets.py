"""How much of what cover sheets state is read, field by field, and what is read that they do not state?

    python -m benchmarks.cover_sheets [--misses]

The sheets stand in tests/ingestion/cover_sheets, one half of them held out. `--misses` lists what was not read right.
"""

import argparse
from collections.abc import Sequence

from tests.ingestion.cover_sheets.build import read_sheets
from tests.ingestion.cover_sheets.grade import HALVES, Grade, grade_half, share_right


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--misses", action="store_true")
    asked = parser.parse_args()
    for half, path in HALVES.items():
        grades = grade_half(half)
        print(f"\n{half}: {len(read_sheets(path))} sheets")
        print_table(grades)
        if asked.misses:
            for grade in grades:
                if not grade.is_right:
                    print(f"  {grade.sheet}: {grade.field} is {grade.stated!r}, read as {grade.read!r}")


def print_table(grades: Sequence[Grade]) -> None:
    print(f"{'field':<24}{'stated':>8}{'right':>8}{'invented':>10}")
    for name in dict.fromkeys(grade.field for grade in grades):
        print_row(name, [grade for grade in grades if grade.field == name])
    print_row("all", grades)
    print(f"{share_right(grades):.1%} of what is stated is read right")


def print_row(name: str, grades: Sequence[Grade]) -> None:
    stated = [grade for grade in grades if grade.stated is not None]
    right, invented = sum(grade.is_right for grade in stated), sum(grade.is_invented for grade in grades)
    print(f"{name:<24}{len(stated):>8}{right:>8}{invented:>10}")


if __name__ == "__main__":
    main()

"""Cases of a check as they are tried, and what they add up to."""

from __future__ import annotations

from dataclasses import dataclass, field

from shared.models.lookahead import Law, LawCheck, Sighting, Subject, SubjectKind


@dataclass(slots=True)
class Ledger:
    """Per subject, in the order in which they were first tried: cases, those that differed, and where the first did."""

    _held: dict[Subject, LawCheck] = field(default_factory=dict)

    def take(self, subject: Subject, seen: tuple[Sighting, ...], cases: int = 1) -> None:
        """Enter a case, with where it differs, the earliest first; nothing where it does not. No ``cases`` only names the subject."""
        held = self._held.get(subject, LawCheck(subject, 0, 0, ()))
        self._held[subject] = LawCheck(
            subject, held.cases + cases, held.differing + bool(seen), held.first or seen[:1]
        )

    def checks(self) -> tuple[LawCheck, ...]:
        """Every subject's sum, by law and kind."""
        laws, kinds = list(Law), list(SubjectKind)
        return tuple(
            sorted(
                self._held.values(),
                key=lambda check: (laws.index(check.subject.law), kinds.index(check.subject.kind)),
            )
        )

"""What is new in a scan, what changed, what is gone."""

from __future__ import annotations

from dataclasses import replace

from engine.watching.news import news_of
from tests.fixtures.hand_scan import BTC, SHIB


def test_everything_is_new_at_first_and_nothing_the_second_time() -> None:
    news, told = news_of((BTC, SHIB), {})
    assert (news.new, news.changed, news.gone) == ((BTC, SHIB), (), ())
    again, _ = news_of((BTC, SHIB), told)
    assert (again.told, again.gone) == ((), ())


def test_another_price_or_grade_is_a_change_and_another_score_is_none() -> None:
    _, told = news_of((BTC,), {})
    better = replace(BTC, plan=replace(BTC.plan, score=BTC.plan.score + 0.5))
    assert news_of((better,), told)[0].told == ()
    graded = replace(BTC, plan=replace(BTC.plan, grade="C"))
    assert news_of((graded,), told)[0].changed == (graded,)


def test_a_setup_that_is_no_more_is_named_once() -> None:
    _, told = news_of((BTC, SHIB), {})
    news, told = news_of((SHIB,), told)
    assert news.gone == (f"{BTC.plan.symbol} {BTC.plan.side.word}",)
    assert news_of((SHIB,), told)[0].gone == ()

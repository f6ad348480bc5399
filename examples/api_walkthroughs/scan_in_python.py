"""The scanner as a library: scan the made-up market, read a plan, see why the others have none."""

import snipersight as ss

result = ss.scan(profile="balanced", exchange="demo")
for setup in result.setups:
    plan = setup.plan
    print(f"{plan.symbol} {plan.side.word} {plan.score:g}: {plan.entry.price} stop {plan.stop.price}")
    print(f"  {plan.rationale.bias}")

for rejection in result.rejections[:3]:
    print(f"{rejection.symbol}: {rejection.reason} ({rejection.code})")

candles = ss.explain(result.setups[0].plan.symbol, exchange="demo").context.multi_tf_data.candles["1h"]
print(f"RSI of the last closed hour: {ss.indicators(candles).last('rsi'):.1f}")

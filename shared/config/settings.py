"""Settings: everything a run is told besides its input, each value with its origin. Pure: texts and mappings in, a value out."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from shared.config.account import parse_equity
from shared.config.layers import Leaf, Tree, leaves, merged, source_of
from shared.config.parser import known_keys, read_into, unknown_key
from shared.config.profiles import DEFAULT, profile_of, profile_trees
from shared.config.secret import Secret
from shared.config.urls import check_url
from shared.config.values import read_value
from shared.errors import ConfigFault
from shared.models.notifications import Level
from shared.models.outbox import Doubt
from shared.models.profile import Profile
from shared.models.section import Section, choice, setting
from shared.utils.suggest import suggest

ANY_PROFILE: Final = ""
CHAT: Final = re.compile(r"-?\d{1,19}(?::\d{1,10})?|@\w{4,32}(?::\d{1,10})?")
TOP: Final = (
    "profile",
    "exchange",
    "exchanges",
    "account",
    "data",
    "store",
    "journal",
    "log",
    "notify",
    "levels",
    "telegram",
)


@dataclass(frozen=True, slots=True)
class ExchangeSettings(Section):
    """How one exchange is reached. Empty text and an empty list mean the adapter's own default."""

    base_url: str = choice("", "address of the public data, http(s)://host[:port]; empty: the exchange's own")
    timeout_s: float = setting(10.0, "s", 0.1, 300, "deadline of one request, all of it")
    allowed_hosts: tuple[str, ...] = choice((), "hosts that may be spoken to besides base_url's")
    proxy: str = choice("", "proxy for every request, http(s)://host:port; empty: none")
    testnet: bool = choice(
        False, "speak to the exchange's test network, and to no other host; its candles are kept apart"
    )
    key: Secret = choice(Secret(), "API key; only doctor uses it, to ask what it may do; empty: none")
    secret: Secret = choice(
        Secret(), "the API key's secret; from the environment or a file that only its owner may read"
    )

    def __post_init__(self) -> None:
        """Refuse half a key."""
        Section.__post_init__(self)
        if bool(self.key) != bool(self.secret):
            there, missing = ("key", "secret") if self.key else ("secret", "key")
            raise ConfigFault(f"{there} is set and {missing} is not", "Set both, or neither")


@dataclass(frozen=True, slots=True)
class AccountSettings(Section):
    """What sizes are computed from."""

    equity: str = choice("10000USDT", "amount and currency, like 10000USDT")
    risk_pct: float | None = choice(None, "% of equity a stopped plan may cost; absent: the profile's")


@dataclass(frozen=True, slots=True)
class DataSettings(Section):
    """What is asked of market data besides what the profile decides on."""

    compare_with: str = choice(
        "", "exchange asked for the same candle where one is far outside its neighbours; empty: none"
    )
    compare_pct: float = setting(
        3.0, "%", 0.1, 50, "how far such a candle's high or low may be from that exchange's"
    )


@dataclass(frozen=True, slots=True)
class StoreSettings(Section):
    """Where candles are kept."""

    url: str = choice(
        "", "s3://bucket/folder or file:///folder of a shared store; empty: one file on this machine"
    )


@dataclass(frozen=True, slots=True)
class JournalSettings(Section):
    """What is recorded for good."""

    enabled: bool = choice(True, "record every scan of a real exchange in the journal")


@dataclass(frozen=True, slots=True)
class LogSettings(Section):
    """Where log lines go besides standard error."""

    json_file: str = choice("", "file to which every event is appended, one JSON object a line; empty: none")


@dataclass(frozen=True, slots=True)
class NotifySettings(Section):
    """Who is told of new plans by a run that notifies, and how hard is tried. The webhook's secret is no setting: it stands in
    SNIPERSIGHT_WEBHOOK_SECRET, or in the file that SNIPERSIGHT_WEBHOOK_SECRET_FILE names."""

    file: str = choice(
        "", "file to which each notice is appended, one JSON object a line; - for standard output"
    )
    webhook_url: str = choice("", "https address to which each notice is posted; empty: none")
    timeout_s: float = setting(15.0, "s", 0.1, 50, "deadline of one request to the webhook, all of it")
    patience_s: float = setting(20.0, "s", 0, 3600, "how long a run waits for channels that ask it to")
    late_min: float = setting(15.0, "min", 1, 1440, "a notice that is sent later than this is marked late")
    in_doubt: Doubt = choice(
        "repeat_marked", "what becomes of a notice that may have arrived: repeat_marked, hold or drop_marked"
    )
    repeats: int = setting(3, "repeats", 0, 20, "most marked repeats of one notice")
    charts: bool = choice(True, "a new setup is told with a chart where the channel shows pictures")
    templates: str = choice("", "folder of templates that stand for our own in Telegram; empty: none")
    most: int = setting(
        5, "setups", 1, 100, "new setups of a scan told one by one, the best first; the others in a digest"
    )
    rest_min: float = setting(
        0.0, "min", 0, 10080, "a symbol that was told of within this time is only listed in a digest"
    )
    heartbeat_hours: float = setting(0.0, "h", 0, 168, "a sign of life once in this time; 0: none")
    gap_closes: int = setting(
        4, "closes", 0, 10000, "so many closes in a row that nobody decided are an alarm; 0: never"
    )
    ping_url: str = choice(
        "", "address that is asked for after each decided close (a dead-man's switch); empty: none"
    )


@dataclass(frozen=True, slots=True)
class LevelSettings(Section):
    """How loudly each event is told: with a sound, silently, or not at all. ``[levels.NAME]`` holds for one profile."""

    new: Level = choice(Level.ON, "a new setup")
    armed: Level = choice(Level.SILENT, "a setup that was approved")
    entered: Level = choice(Level.ON, "its entry was filled")
    target: Level = choice(Level.ON, "a target was reached")
    closed: Level = choice(Level.ON, "it is over")
    dropped: Level = choice(Level.SILENT, "it was never entered")
    digest: Level = choice(Level.ON, "the list of setups beyond notify.most")
    heartbeat: Level = choice(Level.SILENT, "a sign of life")
    alarm: Level = choice(Level.ON, "something is wrong")


@dataclass(frozen=True, slots=True)
class TelegramSettings(Section):
    """The Telegram bot. Its token is no setting: it stands in SNIPERSIGHT_TELEGRAM_TOKEN or TELEGRAM_BOT_TOKEN, or in the file that
    SNIPERSIGHT_TELEGRAM_TOKEN_FILE names."""

    chats: tuple[str, ...] = choice((), "chats that are told: ids, a topic behind a colon (-1001234567890:5)")
    users: tuple[str, ...] = choice((), "ids of the people whose commands are obeyed; none: nobody's")
    base_url: str = choice("", "another Bot API server, up to where the token comes; empty: Telegram's own")
    follows_migration: bool = choice(False, "a group that became a supergroup is followed to its new id")


@dataclass(frozen=True, slots=True)
class Settings:
    """The effective settings. ``origin`` maps a dotted key to where its value came from; a key not in it is a default."""

    profile: Profile
    exchange: str = "binance"
    exchanges: Mapping[str, ExchangeSettings] = field(default_factory=dict)
    account: AccountSettings = AccountSettings()
    data: DataSettings = DataSettings()
    store: StoreSettings = StoreSettings()
    journal: JournalSettings = JournalSettings()
    log: LogSettings = LogSettings()
    notify: NotifySettings = NotifySettings()
    levels: Mapping[str, LevelSettings] = field(default_factory=dict)
    telegram: TelegramSettings = TelegramSettings()
    origin: Mapping[str, str] = field(default_factory=dict)

    def of_exchange(self, name: str) -> ExchangeSettings:
        """How to reach one exchange."""
        return self.exchanges.get(name, ExchangeSettings())

    def levels_of(self, profile: str) -> LevelSettings:
        """How loudly the events of a profile's setups are told."""
        return self.levels.get(profile, self.levels.get(ANY_PROFILE, LevelSettings()))

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """Everything in here that nobody may be told."""
        return tuple(part for one in self.exchanges.values() for part in (one.key, one.secret) if part)


def build_settings(layers: tuple[Tree, ...], exchanges: Collection[str]) -> Settings:
    """Settings of layers given lowest first (files, environment, flags); ``exchanges`` are the names there are.

    Raises:
        ConfigFault: source, full dotted key, what is wrong, and the nearest name where one is unknown.
    """
    tree = merged(tuple(_with_profile_table(layer) for layer in layers))
    _check_top(tree)
    profile_tree = dict(tree.get("profile", {}))
    name = _one_value(profile_tree.pop("name", Leaf(DEFAULT, "default")), "profile.name")
    account = read_into(AccountSettings(), _table(tree, "account"), "account")
    _, _ = parse_equity(account.equity, _source_of(tree, "account", "equity"))
    profile = _with_risk(_profile(name, profile_tree), account, tree)
    return Settings(
        profile=profile,
        exchange=_exchange_name(
            _one_value(tree.get("exchange", Leaf("binance", "default")), "exchange"), exchanges
        ),
        exchanges=_exchanges(_table(tree, "exchanges"), exchanges),
        account=account,
        data=_data(tree, exchanges),
        store=read_store(tree),
        journal=read_into(JournalSettings(), _table(tree, "journal"), "journal"),
        log=read_into(LogSettings(), _table(tree, "log"), "log"),
        notify=_notify(tree),
        levels=_levels(_table(tree, "levels")),
        telegram=_telegram(tree),
        origin=_origins(tree, profile.name),
    )


def _data(tree: Tree, exchanges: Collection[str]) -> DataSettings:
    found = read_into(DataSettings(), _table(tree, "data"), "data")
    if found.compare_with and found.compare_with not in exchanges:
        source = _source_of(tree, "data", "compare_with")
        raise ConfigFault(
            f"{source}: data.compare_with: unknown exchange {found.compare_with!r}",
            suggest(found.compare_with, exchanges),
        )
    return found


def read_store(tree: Tree) -> StoreSettings:
    """Where candles are kept, of merged layers.

    Raises:
        ConfigFault: an unknown key or a wrong value.
    """
    return read_into(StoreSettings(), _table(tree, "store"), "store")


def _notify(tree: Tree) -> NotifySettings:
    found: NotifySettings = read_into(NotifySettings(), _table(tree, "notify"), "notify")
    check_url(found.webhook_url, f"{_source_of(tree, 'notify', 'webhook_url')}: notify.webhook_url")
    check_url(found.ping_url, f"{_source_of(tree, 'notify', 'ping_url')}: notify.ping_url")
    return found


def _levels(tree: Tree) -> dict[str, LevelSettings]:
    """What holds for every profile, and over it what holds for one."""
    everywhere = {name: below for name, below in tree.items() if isinstance(below, Leaf)}
    found = {ANY_PROFILE: read_into(LevelSettings(), everywhere, "levels")}
    for name in tree.keys() - everywhere.keys():
        if name not in profile_trees():
            raise unknown_key(f"levels.{name}", tree[name], profile_trees())
        found[name] = read_into(found[ANY_PROFILE], _table(tree, name), f"levels.{name}")
    return found


def _telegram(tree: Tree) -> TelegramSettings:
    found: TelegramSettings = read_into(TelegramSettings(), _table(tree, "telegram"), "telegram")
    check_url(found.base_url, f"{_source_of(tree, 'telegram', 'base_url')}: telegram.base_url")
    for chat in found.chats:
        if not CHAT.fullmatch(chat):
            raise ConfigFault(
                f"{_source_of(tree, 'telegram', 'chats')}: telegram.chats: {chat!r} is no chat",
                "Write the chat's id, a topic behind a colon: -1001234567890:5",
            )
    for user in found.users:
        if not user.isdecimal():
            raise ConfigFault(
                f"{_source_of(tree, 'telegram', 'users')}: telegram.users: {user!r} is no user's id",
                "Write the number that 'telegram link' shows",
            )
    return found


def setting_keys(exchanges: Collection[str]) -> tuple[str, ...]:
    """Every dotted key there is."""
    per_exchange = [
        key for name in sorted(exchanges) for key in known_keys(ExchangeSettings(), f"exchanges.{name}")
    ]
    profile = [key for key in known_keys(Profile("", ""), "profile") if key != "profile.summary"]
    return (
        *profile,
        "exchange",
        *per_exchange,
        *known_keys(AccountSettings(), "account"),
        *known_keys(DataSettings(), "data"),
        *known_keys(StoreSettings(), "store"),
        *known_keys(JournalSettings(), "journal"),
        *known_keys(LogSettings(), "log"),
        *known_keys(NotifySettings(), "notify"),
        *known_keys(LevelSettings(), "levels"),
        *(key for name in profile_trees() for key in known_keys(LevelSettings(), f"levels.{name}")),
        *known_keys(TelegramSettings(), "telegram"),
    )


def _with_profile_table(layer: Tree) -> Tree:
    """``profile = "trend"`` is short for ``profile.name = "trend"``."""
    short = layer.get("profile")
    return {**layer, "profile": {"name": short}} if isinstance(short, Leaf) else layer


def _check_top(tree: Tree) -> None:
    for name, below in tree.items():
        if name not in TOP:
            raise unknown_key(name, below, TOP, setting_keys(()))


def _table(tree: Tree, name: str) -> Tree:
    below: Any = tree.get(name, {})
    if isinstance(below, Leaf):
        raise ConfigFault(
            f"{below.source}: {name} is a table, found {below.value!r}", f"Write it like [{name}]"
        )
    return dict(below)


def _one_value(below: Leaf | Tree, key: str) -> Leaf:
    if isinstance(below, Leaf):
        return below
    raise ConfigFault(
        f"{source_of(below)}: {key} must be a value, found a table", f"Write it like {key} = ..."
    )


def _profile(name: Leaf, changes: Tree) -> Profile:
    wanted = read_value(name, str, "profile")
    if wanted not in profile_trees():
        raise ConfigFault(f"{name.source}: unknown profile {wanted!r}", suggest(wanted, profile_trees()))
    return profile_of(wanted, changes, "profile")


def _with_risk(profile: Profile, account: AccountSettings, tree: Tree) -> Profile:
    """The account's own risk per trade, when it has one, stands over the profile's."""
    if account.risk_pct is None:
        return profile
    return with_risk(profile, Leaf(account.risk_pct, _source_of(tree, "account", "risk_pct")))


def with_risk(profile: Profile, risk_pct: Leaf) -> Profile:
    """The profile with the risk per trade that an account asks for."""
    return replace(profile, risk=read_into(profile.risk, {"risk_pct": risk_pct}, "account"))


def _exchange_name(leaf: Leaf, exchanges: Collection[str]) -> str:
    name: str = read_value(leaf, str, "exchange")
    if name not in exchanges:
        raise ConfigFault(f"{leaf.source}: unknown exchange {name!r}", suggest(name, exchanges))
    return name


def _exchanges(tree: Tree, exchanges: Collection[str]) -> dict[str, ExchangeSettings]:
    found = {}
    for name, below in tree.items():
        key = f"exchanges.{name}"
        if name not in exchanges:
            raise unknown_key(key, below, exchanges)
        found[name] = read_into(ExchangeSettings(), _table(tree, name), key)
        for part in ("base_url", "proxy"):
            check_url(getattr(found[name], part), f"{_source_of(tree, name, part)}: {key}.{part}")
    return found


def _source_of(tree: Tree, table: str, name: str) -> str:
    leaf = tree.get(table, {}).get(name)
    return leaf.source if leaf is not None else "default"


def _origins(tree: Tree, profile: str) -> dict[str, str]:
    base = {("profile", *path): leaf for path, leaf in leaves(profile_trees()[profile])}
    return {".".join(path): leaf.source for path, leaf in (base | dict(leaves(tree))).items()}

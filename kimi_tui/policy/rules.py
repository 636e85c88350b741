"""The rules, in order: the first that answers decides; when none does, a person is asked.

A rule sees a call's declared effects and the session's settings, nothing else, and has no side effects. Budgets and
the egress guard of the network tools are limits of their own that no approval waives.
"""

import hashlib
from collections.abc import Callable

import msgspec

from kimi_tui.config import ApproveMode, PolicySettings
from kimi_tui.egress.unexplained import CallProvenance
from kimi_tui.events import Effect, Verdict
from kimi_tui.policy.host_names import canonical_host, spellings_of_site
from kimi_tui.projections.calls import DESK_QUERIES_RULE
from kimi_tui.projections.standing_rules import covering_rule, matches_wildcard, narrowest_rule


class CallFacts(msgspec.Struct, frozen=True):
    """The facts on a call that rules may use."""

    tool: str
    """Its name."""
    effects: tuple[Effect, ...]
    """What it says it touches."""
    inferred: bool = False
    """True when the model named no tool and this one was told by the arguments alone."""
    provenance: CallProvenance = CallProvenance()
    """Where the texts come from that it sends out."""

    def targets(self, kind: str) -> tuple[str, ...]:
        """The targets of its effects of one kind."""
        return tuple(effect.target for effect in self.effects if effect.kind == kind)


class PolicyState(msgspec.Struct, frozen=True):
    """The facts on a session that rules may use."""

    settings: PolicySettings
    standing: tuple[str, ...]
    """Patterns made by `always` and not revoked."""
    offline: bool
    approve: ApproveMode
    person: bool
    """True when somebody is there to ask."""
    desk_opened: bool = False
    """True when the person has approved, in this session, that the files of its desk are queried."""


class Ruling(msgspec.Struct, frozen=True):
    """The policy's answer to one call."""

    verdict: Verdict
    """What happens: it runs, a person is asked, or it is refused."""
    rule: str
    """The rule's name."""
    reason: str
    """Why, for a person or (a denial) for the model."""
    pattern: str = ""
    """For an ask: the standing rule that `always` would make."""


Rule = Callable[[CallFacts, PolicyState], Ruling | None]


def denied_host(call: CallFacts, state: PolicyState) -> Ruling | None:
    """Deny hosts that the settings forbid, under every spelling, and the same site with or without `www.`."""
    for host in call.targets("network"):
        names = spellings_of_site(host)
        denied = [canonical_host(name) for name in state.settings.deny_hosts]
        if any(matches_wildcard(one, name) for one in denied for name in names):
            return Ruling("deny", "denied-host", f"the settings forbid {host}")
    return None


def offline(call: CallFacts, state: PolicyState) -> Ruling | None:
    """Deny every network effect in an offline session."""
    if state.offline and call.targets("network"):
        return Ruling("deny", "offline", "this session is offline; use the documents of the desk")
    return None


def inferred_tool(call: CallFacts, state: PolicyState) -> Ruling | None:
    """Ask about a call that named no tool."""
    if call.inferred:
        return Ruling("ask", "inferred-tool", "the model named no tool; this one was inferred from its arguments")
    return None


def asked_by_person(call: CallFacts, state: PolicyState) -> Ruling | None:
    """Allow an act that the person asked for, with its receiver and every value that decides what happens."""
    if call.provenance.is_asked_for and state.settings.asked_acts == "once":
        return Ruling("allow", "asked-by-person", "you asked for this, and named its receiver and values")
    return None


def unexplained_data(call: CallFacts, state: PolicyState) -> Ruling | None:
    """Ask before a call carries what neither the person nor the receiver explains, however allowed its host is."""
    allowed = state.settings.desk_hosts
    hosts = [host for host in call.targets("network") if not any(matches_wildcard(name, host) for name in allowed)]
    beyond = [*hosts, *call.targets("write"), *call.targets("spend")]
    if call.provenance.unexplained and beyond:
        what = f"it would send to {', '.join(beyond)}: {call.provenance.unexplained}"
        return Ruling("ask", "unexplained-data", what)
    return None


def address_of_person(call: CallFacts, state: PolicyState) -> Ruling | None:
    """Allow opening an address that the person wrote, when nothing else is sent."""
    outside = [effect for effect in call.effects if effect.kind != "read"]
    if call.provenance.from_person and outside and all(effect.kind == "network" for effect in outside):
        return Ruling("allow", "address-of-person", "you wrote this address")
    return None


def standing_rule(call: CallFacts, state: PolicyState) -> Ruling | None:
    """Allow calls that match a pattern the person chose to allow always."""
    pattern = covering_rule(state.standing, call.tool, call.effects)
    return Ruling("allow", "standing-rule", f"allowed by the standing rule {pattern}") if pattern else None


def reads_only(call: CallFacts, state: PolicyState) -> Ruling | None:
    """Allow reading the desk and the session's own sources, and pure calculation."""
    if all(effect.kind == "read" for effect in call.effects):
        return Ruling("allow", "reads-only", "it only reads what the session may read")
    return None


def allowed_target(call: CallFacts, state: PolicyState) -> Ruling | None:
    """Allow hosts and databases that the settings list."""
    allowed = {"network": state.settings.allow_hosts, "query": state.settings.allow_databases}
    beyond = [effect for effect in call.effects if effect.kind != "read"]
    if all(any(matches_wildcard(name, effect.target) for name in allowed.get(effect.kind, ())) for effect in beyond):
        return Ruling("allow", "allowed-target", "the settings allow this target")
    return None


def leaves_the_building(call: CallFacts, state: PolicyState) -> Ruling | None:
    """Ask before a search query or an address carries words to another machine."""
    hosts = call.targets("network")
    if hosts:
        return Ruling("ask", "leaves-the-building", f"it sends data to {', '.join(hosts)}")
    return None


def desk_queries(call: CallFacts, state: PolicyState) -> Ruling | None:
    """Ask once in a session before files of its desk are queried, or never: such a query only reads, and stays inside.

    The person chose the desk, and no tool can query anything outside it.
    """
    databases = call.targets("query")
    mode = state.settings.desk_queries
    if mode == "each" or not databases or any(effect.kind not in ("read", "query") for effect in call.effects):
        return None
    if mode == "never":
        return Ruling("allow", DESK_QUERIES_RULE, "the settings allow queries of the desk's files (desk_queries)")
    if state.desk_opened:
        return Ruling("allow", DESK_QUERIES_RULE, "you approved queries of this desk's files")
    reach = "approving it once allows every query of this desk's files in this session"
    return Ruling("ask", DESK_QUERIES_RULE, f"it queries {', '.join(databases)}, and nothing leaves; {reach}")


def new_database(call: CallFacts, state: PolicyState) -> Ruling | None:
    """Ask before the first queries to a database."""
    databases = call.targets("query")
    if databases:
        return Ruling("ask", "new-database", f"it queries {', '.join(databases)}, which nobody has allowed yet")
    return None


def changes_something(call: CallFacts, state: PolicyState) -> Ruling | None:
    """Ask before writing and spending."""
    beyond = [effect for effect in call.effects if effect.kind in ("write", "spend")]
    if beyond:
        what = ", ".join(f"{effect.kind} {effect.target}".strip() for effect in beyond)
        return Ruling("ask", "changes-something", f"it has an effect outside the session: {what}")
    return None


RULES: tuple[Rule, ...] = (
    denied_host,
    offline,
    inferred_tool,
    asked_by_person,
    unexplained_data,
    address_of_person,
    standing_rule,
    reads_only,
    allowed_target,
    leaves_the_building,
    desk_queries,
    new_database,
    changes_something,
)
"""What this program can do without asking is answered by reading these lines."""


def decide(call: CallFacts, state: PolicyState, rules: tuple[Rule, ...] = RULES) -> Ruling:
    """Return the first rule's answer; without one a person is asked, and without a person it is denied."""
    answers = (rule(call, state) for rule in rules)
    ruling = next(
        (answer for answer in answers if answer is not None),
        Ruling("ask", "no-rule", "no rule covers it"),
    )
    if ruling.verdict != "ask":
        return ruling
    if state.approve == "all":
        return Ruling("allow", ruling.rule, f"approved in advance (--approve all): {ruling.reason}")
    if state.approve == "none" or not state.person:
        why = "--approve none" if state.approve == "none" else "nobody is there to ask"
        return Ruling("deny", ruling.rule, f"{ruling.reason}; {why}, so it is refused: go another way")
    is_narrow = not call.inferred and ruling.rule != DESK_QUERIES_RULE  # that approval is wider than any rule
    pattern = narrowest_rule(call.tool, call.effects) if is_narrow else ""
    return msgspec.structs.replace(ruling, pattern=pattern)


def digest_policy(settings: PolicySettings, approve: ApproveMode, rules: tuple[Rule, ...] = RULES) -> str:
    """Return SHA-256 over the rules' names in order and the settings they read."""
    names = "\n".join(rule.__name__ for rule in rules)
    encoded = msgspec.json.encode([names, approve, settings], order="deterministic")
    return hashlib.sha256(encoded).hexdigest()

"""Remedies for each finding of a probe, in the words of the engine: flags, versions, settings."""

from kimi_tui.probe.server_identity import KTRANSFORMERS, LITELLM, LLAMACPP, SGLANG, VLLM, ServerIdentity
from kimi_tui.providers.capabilities import find_capability

_BOTH = "--tool-call-parser kimi_k2 --reasoning-parser kimi_k2"
_EACH = "vLLM and SGLang: --reasoning-parser kimi_k2; llama.cpp: --jinja --reasoning-format auto"
FIX_SERVER_BEHIND_PROXY = "fix the server behind the proxy: `kimi-tui doctor --server` with its own address says how"
"""What is to be done about most things that a proxy passes on."""

_REMEDIES: dict[str, dict[str, str]] = {
    "calls": {
        VLLM: f"start vLLM with --enable-auto-tool-choice {_BOTH}",
        SGLANG: f"start SGLang with {_BOTH}",
        KTRANSFORMERS: f"the documented command leaves both parsers out: add {_BOTH}",
        LLAMACPP: "start llama-server with --jinja; early builds cannot read this model's calls at all",
        LITELLM: FIX_SERVER_BEHIND_PROXY,
        "": "vLLM: --enable-auto-tool-choice --tool-call-parser kimi_k2; SGLang: --tool-call-parser kimi_k2; "
        "llama.cpp: --jinja",
    },
    "reasoning out": {
        VLLM: "start vLLM with --reasoning-parser kimi_k2",
        SGLANG: "start SGLang with --reasoning-parser kimi_k2",
        KTRANSFORMERS: f"the documented command leaves both parsers out: add {_BOTH}",
        LLAMACPP: "start llama-server with --jinja --reasoning-format auto (not `none`)",
        LITELLM: FIX_SERVER_BEHIND_PROXY,
        "": _EACH,
    },
    "reasoning in": {
        VLLM: "use vLLM 0.22 or later, which reads it under both names, and the model's own template",
        SGLANG: "start SGLang with --reasoning-parser kimi_k2 and the model's own template",
        KTRANSFORMERS: "use the model's own template: a --chat-template of another model drops reasoning",
        LLAMACPP: "start llama-server with --jinja, so that the model's own template is used",
        LITELLM: "LiteLLM's `openai/` route passes it on; `hosted_vllm/` of 1.100 to 1.103 drops it",
        "": "vLLM: 0.22 or later; llama.cpp: --jinja; all: the model's own template",
    },
    "accuracy": {
        VLLM: "vLLM 0.33 and later constrain calls with --tool-strict-level parameter; before 0.20 the parser is older",
        SGLANG: "use SGLang 0.5.10.post1 or later (0.5.23 for Kimi K3), whose parsers of Kimi are its own",
        KTRANSFORMERS: f"add {_BOTH}; a quantised model errs more often",
        LLAMACPP: "start llama-server with --jinja: it then constrains arguments by a grammar",
        LITELLM: FIX_SERVER_BEHIND_PROXY,
        "": "a server that constrains calls by the schema makes fewer errors",
    },
    "cached tokens": {
        VLLM: "start vLLM with --enable-prompt-tokens-details",
        SGLANG: "start SGLang with --enable-cache-report",
        KTRANSFORMERS: "start it with --enable-cache-report",
        LITELLM: FIX_SERVER_BEHIND_PROXY,
        "": "vLLM: --enable-prompt-tokens-details; SGLang: --enable-cache-report",
    },
    "cache off": {
        VLLM: "start vLLM without --no-enable-prefix-caching, else each step reads its whole context again",
        SGLANG: "start SGLang without --disable-radix-cache, else each step reads its whole context again",
        KTRANSFORMERS: "start it without --disable-radix-cache, else each step reads its whole context again",
        LLAMACPP: "give each session a slot (-np, with a larger -c), else each step reads its whole context again",
        "": "switch the server's prefix cache on, else each step reads its whole context again",
    },
    "usage": {
        VLLM: "use a vLLM that knows stream_options.include_usage, or start it with --enable-force-include-usage",
        LITELLM: FIX_SERVER_BEHIND_PROXY,
        "": "use a version that knows stream_options.include_usage; until then tokens are estimated",
    },
    "window": {
        VLLM: "set context_window to vLLM's --max-model-len",
        SGLANG: "set context_window to SGLang's --context-length",
        KTRANSFORMERS: "set context_window to its --max-total-tokens: 30,000 to 100,000 in its own examples",
        LLAMACPP: "set context_window to llama-server's -c",
        LITELLM: "set context_window to that of the server behind the proxy",
        "": "set context_window: it is taken as 262,144 otherwise, and steps fail where the real one ends",
    },
    "small window": {
        VLLM: "start vLLM with a larger --max-model-len; --decode-context-parallel-size 8 makes room for it",
        SGLANG: "start SGLang with a larger --context-length",
        KTRANSFORMERS: "start it with a larger --max-total-tokens, as far as the cards hold it",
        LLAMACPP: "start llama-server with a larger -c; its slots (-np) share it",
        "": "old observations are hidden sooner; a longer context needs more memory at the server",
    },
    "cancellation": {
        SGLANG: "start SGLang with --enable-metrics to see it here",
        KTRANSFORMERS: "start it with --enable-metrics to see it here",
        LLAMACPP: "start llama-server without --no-slots to see it here",
        LITELLM: "look at the server behind the proxy; LiteLLM 1.82 to 1.85 did not pass a hang-up on",
        "": "nothing needs to be done if the server's log shows that the request ended",
    },
    "streaming": {
        LITELLM: "check the proxy in between: nginx needs `proxy_buffering off`",
        "": "something between collects the reply: with nginx, set `proxy_buffering off` for this address",
    },
    "leak": {
        VLLM: 'kimi-tui has the tags passed (`chat_template_kwargs: {"thinking": false}`) and splits them itself; '
        "a vLLM after 0.33 may not need it",
        LITELLM: 'kimi-tui has the gateway pass `chat_template_kwargs: {"thinking": false}` and splits the tags; '
        "a vLLM after 0.33 behind it may not need it",
        "": 'kimi-tui has the tags passed (`chat_template_kwargs: {"thinking": false}`) and splits them itself; the '
        "parser that loses them is that of vLLM 0.32 and 0.33",
    },
    "leak, switch": {
        "": "start the engine without its --reasoning-parser: kimi-tui then splits the tags itself; or use a vLLM "
        "whose parser keeps their end (that of 0.32 and 0.33 does not)",
    },
    "stalled": {
        "": "see whether the server still works: its log, its memory, its queue; then run this again",
    },
}  # fmt: skip


_LAST_BROKEN_VERSIONS: dict[tuple[str, str], tuple[tuple[tuple[int, ...], str], ...]] = {
    ("kimi_k2", VLLM): (
        ((0, 11, 2), "it never shows earlier reasoning to the model; use vLLM 0.22 or later"),
        ((0, 20), "its parser of calls is the old one, which leaks and cuts long arguments; use vLLM 0.22 or later"),
    ),
    ("kimi_k2", SGLANG): (
        ((0, 5, 10), "it reads Kimi K2 with another model's parser; use SGLang 0.5.10.post1 or later"),
    ),
    ("kimi_k3", VLLM): (((0, 32), "it has no parsers for Kimi K3; use vLLM 0.32 or later"),),
    ("kimi_k3", SGLANG): (((0, 5, 23), "it may have no parsers for Kimi K3; use SGLang 0.5.23 or later"),),
}
"""By parser and engine: what is wrong below which version, the oldest first."""


def find_remedy(topic: str, identity: ServerIdentity) -> str:
    """Return what to do about `topic` on this server, with the parsers of the model's family."""
    texts = _REMEDIES[topic]
    return adapt_to_family(texts.get(identity.engine, texts[""]), identity)


def adapt_to_family(advice: str, identity: ServerIdentity) -> str:
    """Return `advice` with the parsers of the model's family instead of K2's."""
    return advice.replace("kimi_k2", find_capability(identity.model).parser)


def old_version_problem(identity: ServerIdentity) -> str:
    """Return the known problem of the server's version; empty when there is none."""
    newest = _LAST_BROKEN_VERSIONS.get((find_capability(identity.model).parser, identity.engine), ())
    return next((worry for version, worry in newest if identity.is_older_than(*version)), "")

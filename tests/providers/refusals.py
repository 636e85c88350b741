"""Refusals as servers and gateways word them: status, words and kind."""

LASTING = [
    (402, "", "quota"),
    (429, "insufficient balance", "quota"),
    (403, "Insufficient Balance", "quota"),
    (400, "Your credit balance is too low to access the API.", "quota"),
    (429, "You exceeded your current quota, please check your plan and billing details.", "quota"),
    (429, "Your account org-1 <ak-2> is suspended, please check your plan and billing details", "quota"),
    (429, "Monthly quota exceeded", "quota"),
    (400, "ExceededBudget: Budget has been exceeded! Current cost: 12, Max budget: 10", "quota"),
    (500, "insufficient_quota", "quota"),
    (0, "\u4f59\u989d\u4e0d\u8db3", "quota"),
    (400, "API key not valid. Please pass a valid API key.", "unauthorized"),
    (400, "The API key has been revoked", "unauthorized"),
    (400, "Your access token has expired", "unauthorized"),
    (400, "The model `kimi-k2-thinking` has been deprecated.", "unknown-model"),
    (403, "model kimi-k2 was retired on 2026-12-31; use kimi-k3", "unknown-model"),
    (410, "This model is no longer available", "unknown-model"),
    (404, "The model kimi-latest has been discontinued", "unknown-model"),
]
PASSING = [
    (429, "quota exceeded: 60 requests per minute", "rate-limited"),
    (429, "You exceeded your current quota. Please retry in 34s.", "rate-limited"),
    (429, "Rate limit reached for requests", "rate-limited"),
    (429, "Your quota of tokens is used up; it resets in 3600 seconds", "rate-limited"),
    (503, "Loading model", "overloaded"),
    (503, "The API key service is disabled for a moment", "overloaded"),
    (400, "invalid temperature: only 1 is allowed for this model", "bad-request"),
    (400, "'max_tokens' is deprecated, use 'max_completion_tokens' instead", "bad-request"),
    (400, "Invalid token in JSON at position 3", "bad-request"),
]

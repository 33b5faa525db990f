"""What real APIs call things. Names are compared without case and separators: `pageToken`, `page_token` and `Page-Token` are one."""

import re
from functools import lru_cache

from archlint.api import regex

SIZES = frozenset((
    "limit", "perpage", "pagesize", "size", "count", "maxresults", "top", "rows", "take", "max", "pagelimit", "length", "pagelen",
    "maxitems", "maxpagesize", "resultsperpage", "itemsperpage", "numresults", "maxkeys",
))  # fmt: skip
"""Parameters that say how much is answered."""

CURSORS = frozenset((
    "cursor", "after", "before", "pagetoken", "nexttoken", "marker", "startingafter", "endingbefore", "continuationtoken", "continue",
    "scrollid", "pageafter", "pagebefore", "pagecursor", "sincetoken", "nextcursor", "startkey", "continuation", "skiptoken", "scrollparam",
    "usemarker", "streamposition", "lastid", "startafter", "nextpagetoken", "sinceid", "since",
))  # fmt: skip
"""Parameters that say where the answer goes on."""

OFFSETS = frozenset(
    ("offset", "skip", "start", "startindex", "startat", "from", "first", "pageoffset", "startposition")
)
PAGES = frozenset(("page", "pagenumber", "currentpage", "pg", "p", "pageno", "pageindex", "pagenum"))

NEXTS = frozenset((
    "next", "nextlink", "nextpagetoken", "nextcursor", "nextpage", "nexturl", "nexttoken", "nextmarker", "hasmore", "hasnext", "links", "link",
    "cursor", "cursors", "continuationtoken", "pagination", "paging", "pageinfo", "meta", "metadata", "scrollid", "nextpageuri", "odatanextlink",
    "hasnextpage", "islastpage", "last", "next_href", "nexthref", "uri", "offset", "position", "resumetoken", "pagetoken", "iteratorid",
))  # fmt: skip
"""Response properties that say how to go on."""

GOES_ON = frozenset(
    ("next", "nextlink", "nexturl", "odatanextlink", "nextpage", "nextpageuri", "nextpageurl", "nexthref")
)
"""Response properties that lead to the next part by themselves; a token needs a parameter to send it back by."""

TOTALS = frozenset((
    "total", "totalcount", "count", "totalresults", "totalitems", "totalelements", "totalpages", "totalentries", "totalrecords", "pages",
    "numfound", "size", "totalsize", "resultcount", "articlescount", "pagecount", "totalhits", "found",
))  # fmt: skip
NEXT_HEADERS = frozenset(
    (
        "link",
        "xnext",
        "xnextpage",
        "xtotalcount",
        "xtotal",
        "xpagination",
        "contentrange",
        "xpage",
        "xpagecount",
        "xnextcursor",
        "xcontinuationtoken",
    )
)

ITEMS = (
    "items",
    "data",
    "results",
    "result",
    "value",
    "values",
    "entries",
    "records",
    "content",
    "list",
    "rows",
    "objects",
    "elements",
    "hits",
    "resources",
)
"""Properties that usually hold a collection's items, likeliest first."""

IDEMPOTENCY = frozenset(
    (
        "idempotencykey",
        "xidempotencykey",
        "idempotencytoken",
        "clienttoken",
        "clientrequesttoken",
        "requestid",
        "paypalrequestid",
        "xidempotencytoken",
        "idempotentkey",
        "idempotencyid",
        "clientrequestid",
        "repeatabilityrequestid",
        "xrequestid",
        "deduplicationid",
    )
)
IDEMPOTENCY_HEADERS = frozenset(
    (
        "idempotencykey",
        "xidempotencykey",
        "idempotencytoken",
        "xidempotencytoken",
        "paypalrequestid",
        "repeatabilityrequestid",
        "idempotentkey",
        "idempotencyid",
    )
)

VERSION_PARAMETERS = frozenset(("apiversion", "version", "v", "xapiversion", "acceptversion", "api_version"))

ACTIONS = frozenset((
    "activate", "approve", "archive", "assign", "authorize", "block", "cancel", "capture", "check", "clone", "close", "complete", "confirm",
    "convert", "copy", "deactivate", "disable", "enable", "execute", "export", "import", "invalidate", "invoke", "join", "leave", "lock", "login",
    "logout", "merge", "move", "pause", "ping", "preview", "publish", "query", "refresh", "reject", "reload", "rename", "render", "replay", "reset",
    "resend", "restart", "restore", "resume", "retry", "revoke", "rotate", "run", "search", "send", "start", "stop", "submit", "suspend", "sync",
    "test", "token", "transfer", "trigger", "unarchive", "unblock", "unlock", "unpublish", "update", "upload", "validate", "verify", "void", "introspect",
    "filter", "find", "lookup", "count", "calculate", "estimate", "evaluate", "infer", "predict", "completions", "embeddings", "moderations", "analyze",
    "reindex", "unpause", "clear", "retrieve", "get", "list", "fetch", "kill", "wait", "prune", "ping", "exec", "attach", "detect", "compare", "translate", "classify",
    "moderate", "generate", "parse", "decode", "encode", "sign", "unlink", "favorite", "unfavorite", "star", "unstar", "follow", "unfollow", "like", "unlike", "vote", "purge",
    "adjust", "answer", "append", "apply", "ask", "commit", "compact", "compute", "deploy", "diff", "drain", "extend", "extract", "finalize", "finish",
    "flush", "hangup", "increment", "migrate", "mute", "notify", "promote", "propose", "provision", "recalculate", "recover", "recycle", "redeem",
    "redeploy", "rerequest", "rerun", "resize", "revert", "rollback", "simulate", "snooze", "switch", "terminate", "toggle", "transform", "trim",
    "undelete", "unmute", "upgrade", "wipe", "inject",
    "remove", "delete", "set", "change", "mark", "enroll", "invite", "lookups", "batchget", "match", "resolve", "scan", "signin", "signup", "signout", "subscribe", "unsubscribe", "undo", "attach", "detach", "register", "accept", "decline",
))  # fmt: skip
"""Last path segments that are commands rather than collections."""

SEARCHES = frozenset(("filter", "find", "lookup", "query", "search", "searches"))
LOGINS = frozenset((
    "authenticate", "authorize", "introspect", "login", "logout", "oauth", "oauth2", "revoke", "session", "sessions", "signin", "signout", "signup",
    "sso", "token", "tokens",
))  # fmt: skip
BATCHES = frozenset(
    ("batch", "batches", "batchcreate", "batchdelete", "batchget", "batchupdate", "bulk", "querybatch")
)

OPEN_SEGMENTS = frozenset((
    "login", "signin", "signup", "register", "logout", "token", "tokens", "oauth", "oauth2", "authorize", "authenticate", "revoke", "introspect",
    "health", "healthz", "healthcheck", "livez", "readyz", "ready", "live", "liveness", "readiness", "status", "ping", "version", "versions", "info",
    "metrics", ".well-known", "jwks", "jwks.json", "openapi", "openapi.json", "openapi.yaml", "swagger", "swagger.json", "docs", "robots.txt",
    "favicon.ico", "password", "forgot-password", "reset-password", "sso", "saml", "callback", "webhook", "webhooks", "public", "userinfo",
    "verify-email", "session", "sessions", "auth", "_ping", "connect", "service-info", "heartbeat", "up", "hello", "registration", "activate", "userinfo",
))  # fmt: skip
"""Path segments of operations that are public by nature."""

PROBES = frozenset((
    "health", "healthz", "healthcheck", "livez", "readyz", "ready", "live", "liveness", "readiness", "ping", "version", "metrics", "up", "heartbeat",
    "openapijson", "openapiyaml", "swaggerjson", "openapi", "robotstxt", "faviconico", "jwksjson", "alive", "status", "actuator", "prometheus",
))  # fmt: skip
"""Last path segments of operations that show how the service is."""

PASSTHROUGH = frozenset(("proxy", "passthrough", "forward", "raw", "graphql", "jsonrpc", "rpc", "mcp"))
"""Words in paths of operations that pass on what they do not know."""

VERBS = {
    "get": True, "create": True, "update": True, "delete": True, "fetch": True, "retrieve": True, "modify": True, "remove": True, "add": True, "insert": True,
    "save": True, "make": True, "list": False, "process": False, "do": False, "set": False, "edit": True, "find": True, "generate": True, "put": False, "post": False,
}  # fmt: skip
"""Verbs that the method says already; the value tells whether a name that begins with one is a verb as well (`getOrders`)."""

SELF_SERVICE = frozenset(
    ("me", "self", "profile", "signup", "register", "registration", "registrations", "account", "currentuser")
)
"""Last static segments of paths on which people change what is their own."""

PEOPLE = frozenset(
    (
        "user",
        "users",
        "account",
        "accounts",
        "customer",
        "customers",
        "profile",
        "profiles",
        "me",
        "signup",
        "register",
        "registration",
    )
)

OAUTH = frozenset(
    ("token", "revoke", "introspect", "oauth", "oauth2", "oauthtoken", "accesstoken", "deviceauthorization")
)
"""Path segments of an OAuth 2 server."""

INGEST = frozenset(
    (
        "event",
        "events",
        "log",
        "logs",
        "metric",
        "metrics",
        "trace",
        "traces",
        "telemetry",
        "ingest",
        "track",
        "collect",
        "analytics",
        "feedback",
    )
)
"""Words in paths of operations that only take in what they are told."""

_OPEN = regex(
    r"(?:not|n't)\s+require\s+(?:any\s+(?:form\s+of\s+)?)?(?:authentication|authorization|credentials)|no\s+authentication|without\s+authentication"
    r"|\bunauthenticated|pre-?signed|publicly\s+(?:accessible|available)|public\s+endpoint"
    r"|\bregister(?:s|ing)?\s+(?:an?\s+|the\s+)?(?:new\s+)?(?:users?|accounts?)\b|\bsign(?:s|ing)?[\s-]?up\b",
    re.IGNORECASE,
)
_OPEN_HINTS = (
    "authentication", "authorization", "credentials", "authenticated", "public", "register", "sign",
)  # fmt: skip

MONEY = regex(
    r"pay(?:ment|out)?s?\b|charge|order|transfer|refund|purchase|checkout|transaction|invoice|booking|withdraw|deposit",
    re.IGNORECASE,
)
"""Words for things that must not happen twice."""

_SEPARATORS = regex(r"[^a-z0-9]+")
_BOUNDARY = regex(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-z]{3})(?=[0-9]+[a-z])")


def says_open(description: str) -> bool:
    """Tell whether a description says that anybody may call, or that callers have no account yet."""
    text = description.lower()
    return any(hint in text for hint in _OPEN_HINTS) and _OPEN.search(text) is not None


@lru_cache(maxsize=10_000)
def bare(name: str) -> str:
    """Return *name* in lower case without separators, brackets and `$`."""
    return _SEPARATORS.sub("", name.lower())


def words(name: str) -> list[str]:
    """Return the words of a name in any case style, in lower case."""
    return list(_words(name))


@lru_cache(maxsize=10_000)
def _words(name: str) -> tuple[str, ...]:
    spaced = _BOUNDARY.sub(" ", name)
    return tuple(word for word in re.split(r"[^A-Za-z0-9]+", spaced.lower()) if word)


def is_total(key: str, items: str) -> bool:
    """Tell whether the property *key* (bare) says how much there is of what the list *items* holds: `total`, `reviewCount`."""
    if key in TOTALS:
        return True
    one = bare(singular(items.rpartition("/")[2]))
    of = one in key and (key.endswith(("count", "total")) or key.startswith(("total", "numberof", "count")))
    return len(one) > 2 and of  # noqa: PLR2004


def singular(word: str) -> str:
    """Return the likely singular of *word*."""
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ses", "xes", "zes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word

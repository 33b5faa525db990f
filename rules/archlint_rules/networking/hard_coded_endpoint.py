"""A dependency by its IP address.

## Why is this bad?

Addresses change when machines, pods or networks are replaced; names stay. A hard-coded address also goes around service discovery, load balancing
and certificates.

## How to fix

Use a name: a Service, a DNS record, an ExternalName. Where the other side has only an address, give it a name in one place.
"""

import ipaddress
from collections.abc import Iterator

from archlint.api import Bad, Context, Document, Good, Location, Problem, Severity, key_words, regex, rule
from archlint.formats import compose, kubernetes, spring
from archlint.formats.envoy import EnvoyCluster
from archlint.formats.kong import KongService, KongUpstream

_ADDRESS = regex(r"(?:^|//|@|,)(?P<ip>\d{1,3}(?:\.\d{1,3}){3})(?P<port>:\d+)?(?=$|[/,:?])")
_NOT_ENDPOINT = regex(
    r"LISTEN|BIND|CIDR|SUBNET|NETMASK|(?:^|_)(?:DNS|NAMESERVERS?|RESOLVERS?|VERSION|RANGE|CLUSTER_IP|POD_IP|NODE_IP|NO_PROXY|WHITELIST|ALLOWED|TRUSTED|PROXY_IPS?|FORWARDED)|ASPNETCORE_URLS|ADVERTISE|^HOST_IP$|PREFIX|ALLOW_?LIST"
)
_MOST_TEXT = 500
_POD = """
apiVersion: v1
kind: Pod
metadata: {{name: orders}}
spec:
  containers:
    - name: orders
      image: shop/orders:1
      env:
        - name: {name}
          value: {value}
"""


@rule(
    id="hard-coded-endpoint",
    category="networking",
    severity=Severity.WARNING,
    subject=(Document, KongService, KongUpstream, EnvoyCluster),
    since="0.1.0",
    references=("https://12factor.net/backing-services", "https://doi.org/10.1109/MS.2018.2141031"),
    applies=lambda subject: (
        not isinstance(subject, Document) or subject.format in {"kubernetes", "compose", "spring"}
    ),
    examples=(
        Bad(
            _POD.format(
                name="STOCK_URL",
                value="http://10.1.17.4:8080/api  # <- `STOCK_URL` of `orders` is the address `10.1.17.4`",
            )
        ),
        Bad(
            """
            services:
              orders:
                image: shop/orders
                environment:
                  DB_HOST: 192.168.1.20  # <- `DB_HOST` of `orders` is the address `192.168.1.20`
            """
        ),
        Bad(
            """
            spring:
              application: {name: orders}
              datasource: {url: "jdbc:mysql://10.1.17.4:3306/orders"}  # <- `spring.datasource.url` of `orders` is the address `10.1.17.4`
            """
        ),
        Bad(
            """
            _format_version: "3.0"
            services:
              - name: orders
                url: http://10.1.17.4:8080  # <- `orders` leads to the address `10.1.17.4`
              - {name: stock, host: stock}
              - {name: local, url: "http://127.0.0.1:9000"}
            upstreams:
              - name: stock
                targets:
                  - target: 10.1.17.5:8080  # <- `stock` leads to the address `10.1.17.5`
                  - target: stock:8080
            """
        ),
        Bad(
            """
            static_resources:
              clusters:
                - name: orders
                  load_assignment:
                    cluster_name: orders
                    endpoints:
                      - lb_endpoints:
                          - endpoint:
                              address:
                                socket_address:
                                  address: 10.1.17.4  # <- `orders` leads to the address `10.1.17.4`
                                  port_value: 8080
            """
        ),
        Good(_POD.format(name="STOCK_URL", value="http://stock:8080")),
        Good(_POD.format(name="BIND_ADDRESS", value="0.0.0.0:8080"), "an address to listen on"),
        Good(_POD.format(name="DB_HOST", value="127.0.0.1"), "a sidecar on loopback"),
        Good(_POD.format(name="ALLOWED_CIDR", value="10.0.0.0/8"), "a range"),
        Good(_POD.format(name="DNS_SERVER", value="10.96.0.10"), "name servers have addresses"),
        Good(_POD.format(name="APP_VERSION", value='"1.2.3.4"'), "a version"),
    ),
)
def hard_coded_endpoint(
    subject: Document | KongService | KongUpstream | EnvoyCluster, context: Context
) -> Iterator[Problem]:
    """Report IP literals that are neither loopback, unspecified nor a range in environment, arguments, ConfigMaps and what gateways lead to."""
    del context
    if isinstance(subject, Document):
        yield from _of_settings(subject)
        return
    for host, at in _targets(subject):
        if _endpoint(f"http://{host}", "") is not None:
            yield Problem(f"`{subject.name}` leads to the address `{host}`", at, help="use a name")


def _targets(subject: KongService | KongUpstream | EnvoyCluster) -> Iterator[tuple[str, Location]]:
    """Yield the hosts that a gateway's service leads to; those of an upstream are the upstream's own."""
    if isinstance(subject, EnvoyCluster):
        yield from ((host, at) for host, _, at in subject.addresses())
    elif isinstance(subject, KongUpstream) or subject.upstream is None:
        yield from ((host, at) for host, _, _, at in subject.targets())


def _of_settings(document: Document) -> Iterator[Problem]:
    seen = set()
    if document.format == "kubernetes":
        settings = kubernetes.settings_in(document)
    elif document.format == "spring":
        settings = spring.settings_in(document)
    else:
        project = compose.project_of(document)
        settings = compose.settings_in(project) if project is not None else iter(())
    for setting, owner in settings:
        words = key_words(setting.key)
        if (
            setting.value is None
            or setting.at.node in seen
            or _NOT_ENDPOINT.search(words)
            or len(setting.value) > _MOST_TEXT
        ):
            continue
        address = _endpoint(setting.value, words)
        if address is not None:
            seen.add(setting.at.node)
            name = f"`{setting.key}` of `{owner}`" if setting.key else f"an argument of `{owner}`"
            yield Problem(f"{name} is the address `{address}`", setting.at, help="use a name")


def _endpoint(value: str, words: str) -> str | None:
    match = _ADDRESS.search(value.strip())
    if match is None or (
        "/" in value.strip()[match.end() : match.end() + 1] and value.strip()[match.end() + 1 :].isdecimal()
    ):
        return None
    try:
        address = ipaddress.ip_address(match["ip"])
    except ValueError:
        return None
    named = (
        match["port"]
        or "://" in value
        or words.endswith(
            ("HOST", "URL", "URI", "ADDR", "ADDRESS", "ENDPOINT", "SERVER", "SERVERS", "BROKERS")
        )
    )
    special = address.is_loopback or address.is_unspecified or address.is_multicast or address.is_link_local
    return None if special or not named or match["ip"] == "255.255.255.255" else match["ip"]

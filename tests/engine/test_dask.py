"""The map step on a real Dask cluster."""

from pathlib import Path

from distributed import Client, LocalCluster

from archlint.config.model import Config
from archlint.engine.pipeline import Request, run
from archlint.plugins.registry import Registry

SHOP = Path(__file__).resolve().parents[2] / "fixtures" / "shop"


def test_a_cluster_finds_the_same(registry: Registry) -> None:
    request = Request(SHOP, registry, Config(registry.rules, profile="all"), (str(SHOP),), cache=False)
    here = run(request).report
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,  # type: ignore[no-untyped-call]
        Client(cluster) as client,  # type: ignore[no-untyped-call]
    ):
        there = run(
            Request(
                SHOP,
                registry,
                Config(registry.rules, profile="all"),
                (str(SHOP),),
                cache=False,
                executor=client.get_executor(),
            )
        ).report
    assert here.findings
    assert there.findings == here.findings

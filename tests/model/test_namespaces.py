"""Resources of kustomizations that are deployed to several namespaces."""

from systems import deployment, edges_of, graph_of


def test_a_service_of_an_overlay_is_of_the_pods_that_name_no_namespace() -> None:
    top = "kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1beta1\n"
    public = """
        apiVersion: v1
        kind: Service
        metadata: {name: orders-public}
        spec: {type: LoadBalancer, selector: {app: orders}, ports: [{port: 443}]}
    """
    graph = graph_of(
        {
            "orders/base/kustomization.yaml": f"{top}resources: [orders.yaml]\n",
            "orders/base/orders.yaml": deployment("orders"),
            "orders/dev/kustomization.yaml": f"{top}namespace: dev\nresources: [../base]\n",
            "orders/prod/kustomization.yaml": f"{top}namespace: prod\nresources: [../base, public.yaml]\n",
            "orders/prod/public.yaml": public,
            "shop/kustomization.yaml": f"{top}namespace: dev\nresources: [shop.yaml]\n",
            "shop/shop.yaml": deployment("shop", "ORDERS_URL=http://orders:80"),
        }
    )
    assert [found.name for found in graph.services] == ["orders", "shop"]
    assert "orders-public" in graph.services[0].aliases
    assert ("calls", "shop", "orders") in edges_of(graph)


def test_settings_of_an_overlay_lead_to_what_names_no_namespace() -> None:
    top = "kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1beta1\n"
    settings = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: settings}
        data: {ORDERS_URL: "http://orders.prod.svc.cluster.local"}
    """
    variable = "{name: URL, valueFrom: {configMapKeyRef: {name: settings, key: ORDERS_URL}}}"
    graph = graph_of(
        {
            f"{app}/{path}": text
            for app, kinds in (
                ("orders", {"app.yaml": deployment("orders")}),
                ("shop", {"app.yaml": deployment("shop", variable)}),
            )
            for path, text in {
                **{f"base/{name}": written for name, written in kinds.items()},
                "base/kustomization.yaml": f"{top}resources: [app.yaml]\n",
                "dev/kustomization.yaml": f"{top}namespace: dev\nresources: [../base]\n",
                "prod/kustomization.yaml": f"{top}namespace: prod\nresources: [../base, settings.yaml]\n",
                "prod/settings.yaml": settings,
            }.items()
        }
    )
    assert edges_of(graph) == {("calls", "shop", "orders")}


def test_applications_with_labels_alike_are_two() -> None:
    top = "kind: Kustomization\napiVersion: kustomize.config.k8s.io/v1beta1\n"
    api = deployment("api", "DATABASE_URL=postgres://db/app").replace("{app: api}", "{app: api, tier: back}")
    database = deployment("db", image="postgres:17", service="db")
    graph = graph_of(
        {
            f"{app}/{path}": text
            for app in ("billing", "orders")
            for path, text in {
                "base/api.yaml": api.replace("name: api", f"name: {app}"),
                "base/db.yaml": database.replace(
                    "{name: db}\nspec:\n  selector: {m", f"{{name: {app}-db}}\nspec:\n  selector: {{m"
                ),
                "base/kustomization.yaml": f"{top}resources: [api.yaml, db.yaml]\n",
                "dev/kustomization.yaml": f"{top}namespace: {app}-dev\nresources: [../base]\n",
                "prod/kustomization.yaml": f"{top}namespace: {app}-prod\nresources: [../base]\n",
            }.items()
        }
    )
    assert [service.name for service in graph.services] == ["billing", "orders"]
    first, second = graph.dependencies
    assert not graph.together(first, second)

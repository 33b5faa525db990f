"""Projects with kustomizations, for tests."""

from pathlib import Path
from textwrap import dedent

from archlint.api import Document
from archlint.engine.locate import locate, locations_in
from archlint.engine.resolve import Workspace
from archlint.formats.kubernetes import FORMAT, Manifest, manifests
from archlint.model.facts import Fact
from archlint.plugins.registry import Registry

DEPLOYMENT = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: orders}
    spec:
      template:
        metadata: {labels: {app: orders}}
        spec:
          containers:
            - name: orders
              image: shop/orders:1
              env:
                - {name: STOCK_URL, value: "http://stock"}
"""
SERVICE = """
    apiVersion: v1
    kind: Service
    metadata: {name: stock}
    spec: {selector: {app: stock}}
"""
STRATEGIC = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: orders}
    spec:
      replicas: 3
      template:
        spec:
          containers:
            - name: orders
              resources: {limits: {memory: 1Gi}}
              env:
                - {name: DB, value: postgres}
"""
BASE = {"base/kustomization.yaml": "resources: [orders.yaml]", "base/orders.yaml": DEPLOYMENT}


class Project:
    """A folder with files, and what archlint reads of it."""

    def __init__(self, root: Path, files: dict[str, str]) -> None:
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text).lstrip())
        self.workspace = Workspace(root, Registry.load().formats)

    def documents(self, path: str) -> tuple[Document, ...]:
        """Return the documents of a file."""
        return self.workspace.documents(path)

    def one(self, path: str) -> Manifest:
        """Return the only resource of a file."""
        (manifest,) = (found for document in self.documents(path) for found in manifests(document))
        return manifest

    def facts(self, *paths: str) -> list[Fact]:
        """Return what files say, with their places."""
        found = [
            fact for path in paths for document in self.documents(path) for fact in FORMAT.facts(document)
        ]
        locate(locations_in(found), self.workspace)
        return found

"""Small systems that examples of rules are made of."""


def deployment(name: str, *calls: str) -> str:
    """Return a Deployment with its Service, which is told the addresses of the services that it *calls*."""
    env = ", ".join(f'{{name: {call.upper()}_URL, value: "http://{call}"}}' for call in calls)
    return f"""---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}}}
spec:
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers:
        - name: main
          image: shop/{name}
          env: [{env}]
---
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec: {{selector: {{app: {name}}}, ports: [{{port: 80}}]}}
"""


def mesh_route(name: str, more: str) -> str:
    """Return a VirtualService for calls to the service *name*; *more* are lines of its only route, at the margin."""
    lines = "".join(f"      {line}\n" for line in more.splitlines())
    return f"""---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {name}}}
spec:
  hosts: [{name}]
  http:
    - route: [{{destination: {{host: {name}}}}}]
{lines}"""

"""Profiles that follow published guidelines where good guidelines contradict each other.

Each extends `strict` with the options the guideline asks for; the paragraphs are named beside them.
"""

from typing import Any

PROFILES: dict[str, dict[str, Any]] = {
    "zalando": {
        "extends": "strict",
        "rules": {
            "api-unversioned": {"strategy": "media-type"},  # 114, 115: media types, not URLs
            "problem-details-not-used": {"severity": "warning", "errorFormat": "rfc9457"},  # 176
            "offset-pagination": "warning",  # 160
            "create-not-idempotent": "warning",  # 229, 230
            "deprecated-without-sunset": "warning",  # 187, 189
            "path-contains-verb": "warning",  # 141
        },
    },
    "google-aip": {
        "extends": "strict",
        "rules": {
            "api-unversioned": {"strategy": "path"},  # AIP-185
            "problem-details-not-used": {
                "severity": "warning",
                "errorFormat": "google.rpc.Status",
            },  # AIP-193
            "page-size-unbounded": "warning",  # AIP-158
            "create-not-idempotent": "warning",  # AIP-155
            "path-contains-verb": "warning",  # AIP-136: custom methods are `:verb`
        },
    },
    "microsoft": {
        "extends": "strict",
        "rules": {
            "api-unversioned": {"strategy": "query"},  # api-version
            "update-without-concurrency-control": "warning",  # conditional requests
            "create-not-idempotent": {
                "severity": "warning",
                "header": "Repeatability-Request-ID",
            },  # repeatability of requests
            "problem-details-not-used": "off",  # the guidelines define an error body of their own
        },
    },
}
"""Names of profiles and the configuration each stands for."""

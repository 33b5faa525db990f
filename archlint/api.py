"""All that a plugin may import: formats, rules and reporters, ours included, are written against this module."""

import pluggy

from archlint.errors import ArchlintError, ConfigError, PluginError, UsageError
from archlint.findings import sanitize
from archlint.findings.finding import Finding, Suppressed, TextEdit, TextFix
from archlint.findings.problem import Edit, Fix, Problem, Related
from archlint.findings.report import Notice, Report, Reporter, ReportOptions, RuleInfo
from archlint.findings.severity import Applicability, Confidence, Severity
from archlint.model.access import Access, Verdict, access_policies, is_injected
from archlint.model.backends import Backends
from archlint.model.credentials import credential_in, is_literal_secret, is_secret_key
from archlint.model.exchange import Exchange
from archlint.model.exposure import Exposure, exposed, exposures
from archlint.model.facts import (
    ApiFact,
    Backend,
    ChannelFact,
    ConfigFact,
    Container,
    DatastoreFact,
    DependencyFact,
    EndpointFact,
    Fact,
    LinkFact,
    MessageFact,
    OperationFact,
    PolicyFact,
    Port,
    Probe,
    RouteFact,
    SelectFact,
    ServiceFact,
    Setting,
    SettingsFact,
    Volume,
    WorkloadFact,
)
from archlint.model.format import Format
from archlint.model.graph import (
    Configured,
    Dangling,
    Datastore,
    Dependency,
    Element,
    Evidence,
    Service,
    ServiceGraph,
    Topic,
)
from archlint.model.guards import Guards
from archlint.model.hosts import reach_of
from archlint.model.identity import normalised as plain_name
from archlint.model.jvm_options import with_options
from archlint.model.paths import admits, beginnings, patterns
from archlint.model.policy import Policy, PolicyKey, PolicyValue, attempts, timeout, worst_case
from archlint.model.reach import Pods, Reach
from archlint.model.scaling import Scale, Scaling
from archlint.model.stores import engine_of, infrastructure_roles, is_third_party, role_of
from archlint.model.values import key_words, references, tells_host
from archlint.rule.discovery import rules_in
from archlint.rule.rule import Bad, Context, Good, Options, Rule, rule
from archlint.rule.structure import Structure, StructureFault
from archlint.source.document import UNKNOWN, Document, Node, Resolver, Target, Unknown, Unresolved, follow
from archlint.source.fault import SyntaxFault
from archlint.source.location import Location, Region
from archlint.source.parse import Parsed, parse
from archlint.source.patterns import regex
from archlint.source.pointer import Pointer, format_pointer, parse_pointer
from archlint.source.source import Source

hook = pluggy.HookimplMarker("archlint")
"""Marks a plugin's implementation of a hook."""

__all__ = [
    "UNKNOWN",
    "Access",
    "ApiFact",
    "Applicability",
    "ArchlintError",
    "Backend",
    "Backends",
    "Bad",
    "ChannelFact",
    "Confidence",
    "ConfigError",
    "ConfigFact",
    "Configured",
    "Container",
    "Context",
    "Dangling",
    "Datastore",
    "DatastoreFact",
    "Dependency",
    "DependencyFact",
    "Document",
    "Edit",
    "Element",
    "EndpointFact",
    "Evidence",
    "Exchange",
    "Exposure",
    "Fact",
    "Finding",
    "Fix",
    "Format",
    "Good",
    "Guards",
    "LinkFact",
    "Location",
    "MessageFact",
    "Node",
    "Notice",
    "OperationFact",
    "Options",
    "Parsed",
    "PluginError",
    "Pods",
    "Pointer",
    "Policy",
    "PolicyFact",
    "PolicyKey",
    "PolicyValue",
    "Port",
    "Probe",
    "Problem",
    "Reach",
    "Region",
    "Related",
    "Report",
    "ReportOptions",
    "Reporter",
    "Resolver",
    "RouteFact",
    "Rule",
    "RuleInfo",
    "Scale",
    "Scaling",
    "SelectFact",
    "Service",
    "ServiceFact",
    "ServiceGraph",
    "Setting",
    "SettingsFact",
    "Severity",
    "Source",
    "Structure",
    "StructureFault",
    "Suppressed",
    "SyntaxFault",
    "Target",
    "TextEdit",
    "TextFix",
    "Topic",
    "Unknown",
    "Unresolved",
    "UsageError",
    "Verdict",
    "Volume",
    "WorkloadFact",
    "access_policies",
    "admits",
    "attempts",
    "beginnings",
    "credential_in",
    "engine_of",
    "exposed",
    "exposures",
    "follow",
    "format_pointer",
    "hook",
    "infrastructure_roles",
    "is_injected",
    "is_literal_secret",
    "is_secret_key",
    "is_third_party",
    "key_words",
    "parse",
    "parse_pointer",
    "patterns",
    "plain_name",
    "reach_of",
    "references",
    "regex",
    "role_of",
    "rule",
    "rules_in",
    "sanitize",
    "tells_host",
    "timeout",
    "with_options",
    "worst_case",
]

"""Every area of patterns, and the rules of all of them."""

from __future__ import annotations

from ambient_lsp.analyzers.patterns import (
    access,
    clients,
    cookies,
    credentials,
    crypto,
    data,
    denylists,
    errors,
    files,
    frameworks,
    hashes,
    jwt,
    logic,
    markup,
    network,
    randomness,
    servers,
    staged,
    supply,
    tls,
    trust,
)

MODULES = (
    tls, network, clients, cookies, jwt, crypto, hashes, randomness, credentials, frameworks, servers, access, trust,
    files, staged, data, errors, supply, logic, markup, denylists,
)  # fmt: skip
AREAS = tuple(module.AREA for module in MODULES)
RULES = tuple(rule for area in AREAS for rule in area.rules)

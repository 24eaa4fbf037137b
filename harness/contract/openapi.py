"""An OpenAPI document that can be asked: what a $ref leads to, and which operations there are.

Whatever is malformed in it counts as not there; only what leaves nothing to compare raises DriftError.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from harness.errors import DriftError

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
PLACEHOLDER = re.compile(r"{([^{}/]*)}")
Object = Mapping[str, Any]


def mapping(value: Any) -> Object:
    """The value, if it is an object; else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """The value, if it is a list; else an empty one."""
    return value if isinstance(value, list) else []


def shape(path: str) -> str:
    """A path without what does not matter: the names of its parameters, and a slash at its end."""
    return PLACEHOLDER.sub("{}", path).rstrip("/")


class Document:
    """An OpenAPI 3 document; `name` is what messages call it. Raises DriftError where it is none."""

    def __init__(self, content: Any, name: str) -> None:
        self.name, self._content = name, mapping(content)
        if not isinstance(content, dict):
            raise DriftError(f"{name} is no object")
        version = content.get("openapi")
        if not isinstance(version, str) or not version.startswith("3."):
            raise DriftError(f"{name} is no OpenAPI 3 document: its `openapi` is {_told(version)}")
        self.is_3_0 = version.startswith("3.0")
        if not isinstance(content.get("paths"), dict):
            raise DriftError(f"{name} has no `paths`")

    def at(self, ref: Any) -> Any:
        """What a `$ref` names; raises DriftError where it leads nowhere, or out of the document."""
        if not isinstance(ref, str) or not (ref == "#" or ref.startswith("#/")):
            raise DriftError(f"in {self.name}, $ref {_told(ref)} leads out of it")
        node: Any = self._content
        for part in ref.split("/")[1:]:
            key = unquote(part).replace("~1", "/").replace("~0", "~")
            if isinstance(node, list) and key.isdecimal() and int(key) < len(node):
                node = node[int(key)]
            elif isinstance(node, dict) and key in node:
                node = node[key]
            else:
                raise DriftError(f"in {self.name}, $ref {_told(ref)} leads nowhere")
        return node

    def followed(self, node: Any) -> Object:
        """The object at the end of a chain of `$ref`s; empty where there is none. Raises DriftError."""
        seen = []
        while isinstance(node, dict) and "$ref" in node:
            if node["$ref"] in seen:
                raise DriftError(f"in {self.name}, $ref {_told(node['$ref'])} leads back to itself")
            seen.append(node["$ref"])
            node = self.at(node["$ref"])
        return mapping(node)

    def check_references(self) -> None:
        """Raises DriftError for a `$ref`, wherever it stands, that leads nowhere."""
        nodes: list[Any] = [self._content]
        for node in nodes:
            if isinstance(node, dict) and "$ref" in node:
                self.followed(node)
            nodes += node.values() if isinstance(node, dict) else sequence(node)

    def operations(self) -> Iterator["Operation"]:
        """Every operation; raises DriftError where a path is a `$ref` that leads nowhere."""
        for path, item in mapping(self._content["paths"]).items():
            item = self.followed(item)
            for method in METHODS:
                if isinstance(item.get(method), dict):
                    yield Operation(self, method, path, item[method], sequence(item.get("parameters")))

    @property
    def security(self) -> Any:
        """What holds for operations that say nothing of their own."""
        return self._content.get("security")

    def scheme(self, name: str) -> Object:
        """The security scheme of that name; empty where none is described. Raises DriftError."""
        return self.followed(
            mapping(mapping(self._content.get("components")).get("securitySchemes")).get(name)
        )


@dataclass(frozen=True)
class Operation:
    """One method of one path; `shared`: the parameters of all methods of the path."""

    document: Document
    method: str
    path: str
    node: Object
    shared: list[Any]

    @property
    def id(self) -> str:
        return str(self.node.get("operationId", ""))

    @property
    def parameters(self) -> dict[tuple[str, str], Object]:
        """By place and name; those of the path by the number of their placeholder. Raises DriftError.

        The headers of credentials and of media types are none (OpenAPI, Parameter Object).
        """
        numbers = {name: str(number) for number, name in enumerate(PLACEHOLDER.findall(self.path), 1)}
        found = {}
        for parameter in self._parameters():
            place, name = str(parameter.get("in")), str(parameter.get("name"))
            if place == "path":
                name = numbers.get(name, name)
            elif place == "header":
                name = name.lower()
            if (place, name) not in _NO_PARAMETERS:
                found[place, name] = parameter
        return found

    @property
    def reads_credentials(self) -> bool:
        """Whether it names their header as a parameter, to judge it by hand. Raises DriftError."""
        return any(
            each.get("in") == "header" and str(each.get("name")).lower() == "authorization"
            for each in self._parameters()
        )

    def _parameters(self) -> list[Object]:
        nodes = [*self.shared, *sequence(self.node.get("parameters"))]
        return [self.document.followed(node) for node in nodes]

    @property
    def body(self) -> Object:
        """The request's body; empty where none is described. Raises DriftError."""
        return self.document.followed(self.node.get("requestBody"))

    @property
    def answers(self) -> dict[str, Object]:
        """The responses by status (`200`, `4XX`, `default`). Raises DriftError."""
        responses = mapping(self.node.get("responses"))
        return {
            str(status).upper(): self.document.followed(response) for status, response in responses.items()
        }

    @property
    def security(self) -> list[Any]:
        """Its security requirements, or those that hold for all."""
        return sequence(self.node.get("security", self.document.security))

    @property
    def secured(self) -> bool:
        """Whether it cannot be called without credentials."""
        return bool(self.security) and all(self.security)

    @property
    def other_schemes(self) -> str:
        """How else credentials are sent, where no way to call it takes a bearer token in its header."""
        ways = [sorted(map(str, way)) for way in self.security if isinstance(way, dict) and way]
        schemes = {name: self.document.scheme(name) for way in ways for name in way}
        if any(all(_takes_bearer(schemes[name]) for name in way) for way in ways):
            return ""
        told = (
            f"{each.get('type')} {each.get('scheme') or each.get('in') or ''}" for each in schemes.values()
        )
        return ", ".join(sorted({text.strip() for text in told}))


def _takes_bearer(scheme: Object) -> bool:
    """Whether it may be a bearer token; of a scheme that is not described nobody knows."""
    kind = scheme.get("type")
    if kind == "http":
        return str(scheme.get("scheme")).lower() == "bearer"
    if kind == "apiKey":
        return (scheme.get("in"), str(scheme.get("name")).lower()) == ("header", "authorization")
    return kind in (None, "oauth2", "openIdConnect")


_NO_PARAMETERS = {("header", name) for name in ("accept", "authorization", "content-type")}


def _told(value: Any) -> str:
    return repr(value)[:80]

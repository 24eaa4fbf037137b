"""Faults of what is published: the API behaves as ever, and its OpenAPI document says that it will not."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request

from reference.changing import Answer, edit, republish
from reference.choices import fault

DRIFT = "contract.drift"
Document = dict[str, Any]


def published(name: str, description: str) -> Callable[[Callable[[Document], None]], None]:
    """Enters a fault that edits the published document, and nothing else."""

    def enter(change: Callable[[Document], None]) -> None:
        def publish(app: FastAPI) -> None:
            republish(app, change)

        fault(f"drift.{name}", DRIFT, description)(publish)

    return enter


def schema(document: Document, name: str) -> Any:
    return document["components"]["schemas"][name]


def operation(document: Document, ending: str, method: str = "get") -> Any:
    """The operation whose path ends so, whatever the prefix."""
    return next(item[method] for path, item in document["paths"].items() if path.endswith(ending))


@published("operation-removed", "Verification of purchases is no longer published.")
def operation_removed(document: Document) -> None:
    document["paths"] = {
        path: item for path, item in document["paths"].items() if not path.endswith("/purchases/verify")
    }


@published("method-changed", "Logout is published as DELETE.")
def method_changed(document: Document) -> None:
    item = next(item for path, item in document["paths"].items() if path.endswith("/auth/logout"))
    item["delete"] = item.pop("post")


@published("field-removed", "The snapshot is published without ttl_seconds.")
def field_removed(document: Document) -> None:
    del schema(document, "Snapshot")["properties"]["ttl_seconds"]
    schema(document, "Snapshot")["required"].remove("ttl_seconds")


@published("field-renamed", "The video's address is published as url.")
def field_renamed(document: Document) -> None:
    video = schema(document, "Video")
    video["properties"]["url"] = video["properties"].pop("video_url")
    video["required"] = [*video["properties"]]


@published("field-retyped", "The snapshot's version is published as a text.")
def field_retyped(document: Document) -> None:
    schema(document, "Snapshot")["properties"]["version"] = {"type": "string"}


@published("whole-seconds-lost", "ttl_seconds is published as any number.")
def whole_seconds_lost(document: Document) -> None:
    schema(document, "Snapshot")["properties"]["ttl_seconds"] = {"type": "number"}


@published("token-nullable", "The token of a login is published as one that may be null.")
def token_nullable(document: Document) -> None:
    schema(document, "SignedIn")["properties"]["token"] = {"anyOf": [{"type": "string"}, {"type": "null"}]}


@published("entitlements-listed", "Entitlements are published as a list.")
def entitlements_listed(document: Document) -> None:
    entry = {"$ref": "#/components/schemas/Entitlement"}
    schema(document, "Snapshot")["properties"]["entitlements"] = {"type": "array", "items": entry}


@published("status-added", "A status of entitlements is published that no client knows.")
def status_added(document: Document) -> None:
    schema(document, "Entitlement")["properties"]["status"]["enum"].append("suspended")


@published("request-field-required", "Verification is published with a new field that every request needs.")
def request_field_required(document: Document) -> None:
    order = schema(document, "PurchaseOrder")
    order["properties"]["store_country"] = {"type": "string"}
    order["required"].append("store_country")


@published("request-field-retyped", "The level of a claim is published as a truth value.")
def request_field_retyped(document: Document) -> None:
    parameters = operation(document, "/claim/{track}/{level}", "post")["parameters"]
    next(each for each in parameters if each["name"] == "level")["schema"] = {"type": "boolean"}


@published("request-value-refused", "Purchases of one platform alone are published.")
def request_value_refused(document: Document) -> None:
    schema(document, "PurchaseOrder")["properties"]["platform"] = {"const": "ios"}


@published("parameter-required", "The snapshot is published with a parameter that every request needs.")
def parameter_required(document: Document) -> None:
    parameter = {"name": "device", "in": "query", "required": True, "schema": {"type": "string"}}
    operation(document, "/entitlements/snapshot")["parameters"] = [parameter]


@published("form-instead", "Login is published as taking a form.")
def form_instead(document: Document) -> None:
    content = operation(document, "/auth/login", "post")["requestBody"]["content"]
    content["application/x-www-form-urlencoded"] = content.pop("application/json")


@published("status-202", "Webhooks are published as answered with 202, which RevenueCat does not take.")
def status_202(document: Document) -> None:
    responses = operation(document, "/webhooks/revenuecat", "post")["responses"]
    responses["202"] = responses.pop("200")


@published("security-dropped", "The snapshot is published as open to everybody.")
def security_dropped(document: Document) -> None:
    del operation(document, "/entitlements/snapshot")["security"]


@published("reference-lost", "The published document refers to a schema that it does not hold.")
def reference_lost(document: Document) -> None:
    del document["components"]["schemas"]["User"]


@published("no-openapi", "What is published is JSON, and no OpenAPI document.")
def no_openapi(document: Document) -> None:
    document.clear()
    document["message"] = "See the manual"


@fault("drift.broken-json", DRIFT)
def broken_json(app: FastAPI) -> None:
    """The published document breaks off in the middle."""

    def cut(request: Request, answer: Answer) -> None:
        if request.url.path == app.openapi_url:
            answer.body = answer.body[: len(answer.body) // 2]

    edit(app, cut)


@fault("drift.crashes", DRIFT)
def crashes(app: FastAPI) -> None:
    """The document cannot be made: to ask for it is a 500."""

    def fail(request: Request, answer: Answer) -> None:
        if request.url.path == app.openapi_url:
            answer.replace(500, {"detail": "Internal Server Error"})

    edit(app, fail)

"""A page for people that says what /openapi.json says: no scripts, nothing from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

STYLE = """
:root { color-scheme: light dark; }
body {
  background: Canvas; color: CanvasText; font: 16px/1.5 system-ui, sans-serif; margin: 0 auto;
  max-width: 60rem; padding: 1rem;
}
a { color: inherit; }
h1 { margin-bottom: 0; }
h2 code { font-size: 1.1rem; font-weight: 700; }
section { border-top: 1px solid #8888; margin-top: 2rem; }
code, pre { font: 14px/1.4 ui-monospace, monospace; }
pre { border-left: 3px solid #8888; padding: 0 .75rem; white-space: pre-wrap; }
pre, td { overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
caption, th, td { padding: .25rem .75rem .25rem 0; text-align: left; vertical-align: top; }
caption { font-weight: 600; padding-top: 1rem; }
@media (max-width: 40rem) { th { overflow-wrap: anywhere; } }
td, th { border-bottom: 1px solid #8884; }
""".strip()

Schema = Mapping[str, Any]


def page(contract: Schema) -> str:
    """The page. contract: what /openapi.json has."""
    info = contract["info"]
    routes = [
        _route(contract, method, path, route)
        for path, methods in contract["paths"].items()
        for method, route in methods.items()
    ]
    title = escape(f"{info['title']}: what can be asked")
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title><style>{STYLE}</style></head><body><main>",
            f"<h1>{title}</h1><p>{escape(info.get('description', ''))}",
            'For programs: <a href="openapi.json">openapi.json</a>.</p>',
            *routes,
            "</main></body></html>",
        ]
    )


def _route(contract: Schema, method: str, path: str, route: Schema) -> str:
    parts = [
        f"<section><h2><code>{escape(method.upper())} {escape(path)}</code></h2>",
        f"<p><strong>{escape(route.get('summary', ''))}.</strong> "
        f"{escape(route.get('description', ''))}</p>",
        f"<pre>{escape(_example(contract, method, path, route))}</pre>",
    ]
    parameters = [
        (one["name"], _kind(contract, one["schema"]), one["in"], one.get("description", ""))
        for one in route.get("parameters", ())
    ]
    parts += _table("Parameters", ("name", "type", "in", "what it is"), parameters)
    content = route.get("requestBody", {}).get("content", {})
    for schema in (one["schema"] for one in content.values()):
        fields = list(_fields(contract, schema))
        parts += _table("Body, of each event", ("field", "type", "what it is"), fields)
    answers = [
        (status, answer.get("description", ""), _answer_kind(contract, answer))
        for status, answer in sorted(route["responses"].items())
    ]
    parts += _table("Answers", ("status", "when", "JSON"), answers)
    for status, answer in sorted(route["responses"].items()):
        for one in answer.get("content", {}).values() if status < "300" else ():
            fields = list(_fields(contract, one.get("schema", {})))
            parts += _table(f"JSON of {status}", ("field", "type", "what it is"), fields)
    return "\n".join([*parts, "</section>"])


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return []
    cells = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = [
        f'<tr><th scope="row"><code>{escape(first)}</code></th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in rows
    ]
    return [
        f"<table><caption>{escape(title)}</caption><thead><tr>{cells}</tr></thead><tbody>",
        *body,
        "</tbody></table>",
    ]


def _resolved(contract: Schema, schema: Schema) -> Schema:
    """A schema, also where it stands elsewhere."""
    reference = schema.get("$ref")
    if not reference:
        return schema
    found: Any = contract
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return dict(found)


def _kind(contract: Schema, schema: Schema) -> str:
    """The type of a value in words."""
    schema = _resolved(contract, schema)
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(contract, one) for one in schema["anyOf"]))
    kind = schema.get("type", "any")
    words = " or ".join(kind) if isinstance(kind, list) else kind
    if kind == "array":
        inner = _resolved(contract, schema["items"])
        words = "list of objects" if inner.get("type") == "object" else "list"
    if kind == "object":
        words = f"{{{', '.join(schema.get('properties', {}))}}}"
    bounds = [
        f"{word} {schema[name]:,}"
        for name, word in (
            ("minimum", "from"), ("maximum", "to"), ("maxLength", "at most"), ("default", "default")
        )
        if isinstance(schema.get(name), int)
    ]  # fmt: skip
    return f"{words} ({', '.join(bounds)})" if bounds else words


def _fields(contract: Schema, schema: Schema, within: str = "") -> Iterator[tuple[str, str, str]]:
    """The fields of an object, or of those of a list, and of those inside of it."""
    schema = _resolved(contract, schema)
    schema = _resolved(contract, schema.get("items", schema))
    for name, value in schema.get("properties", {}).items():
        needed = "" if name in schema.get("required", ()) else "May be missing. "
        described = _resolved(contract, value).get("description") or value.get("description", "")
        yield f"{within}{name}", _kind(contract, value), f"{needed}{described}"
        if value.get("type") == "array":
            yield from _fields(contract, value, f"{within}{name}[].")


def _answer_kind(contract: Schema, answer: Schema) -> str:
    return "; ".join(
        _kind(contract, one["schema"]) if one.get("schema") else name
        for name, one in answer.get("content", {}).items()
    )


def _example(contract: Schema, method: str, path: str, route: Schema) -> str:
    """How it is asked from a shell."""
    address = "http://localhost:8080" + path.replace("{user_id}", "u1")
    if method == "get":
        query = "?k=5" if any(one["name"] == "k" for one in route.get("parameters", ())) else ""
        return f"curl '{address}{query}'"
    example = next(iter(route["requestBody"]["content"].values()))["schema"]["example"]
    return (
        f"curl -X {method.upper()} '{address}' -H 'content-type: application/json' \\\n"
        f"  -d '{json.dumps(example)}'"
    )

"""The page at /docs: the API's own description as HTML, with a form to try each call; it asks nobody but the API.

Written here from the OpenAPI document, because a page that loads a viewer from elsewhere trusts whoever serves that,
and one that carries it would make the API's zip larger than all of the API.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from html import escape
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from app.docs_look import SCRIPT, STYLE

JSON = "application/json"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            f"script-src {_hash(SCRIPT)}",
            f"style-src {_hash(STYLE)}",
            "img-src data:",  # the empty icon, so that none is asked for
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def mount_docs(app: FastAPI) -> None:
    """Serve the page of `app`, which was made without FastAPI's own."""

    @cache
    def page() -> str:
        return docs_page(app.openapi())

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(page(), headers=HEADERS)


def docs_page(document: Mapping[str, Any]) -> str:
    """An OpenAPI document as one page of HTML; addresses are relative, so that it works behind any prefix."""
    info, schemas = document["info"], document["components"]["schemas"]
    schemes = document["components"].get("securitySchemes", {})
    calls = (
        _call(path, method, call, schemes)
        for path, methods in document["paths"].items()
        for method, call in methods.items()
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<link rel="icon" href="data:,">\n'
        f"<title>{escape(info['title'])}: API</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"<h1>{escape(info['title'])}</h1>\n<p>{_text(info['description'])}</p>\n"
        '<p>For tools: <a href="openapi.json">openapi.json</a>.'
        f" Schema <code>{escape(info['version'])}</code>.</p>\n"
        f"<h2>Calls</h2>\n{''.join(calls)}"
        f"<h2>Documents</h2>\n{''.join(_schema(name, schema) for name, schema in schemas.items())}"
        f"</main>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )


def _call(path: str, method: str, call: Mapping[str, Any], schemes: Mapping[str, Any]) -> str:
    keys = [schemes[name] for needed in call.get("security", []) for name in needed]
    title = f'<h3 id="{escape(call["operationId"])}"><b>{method.upper()}</b><code>{escape(path)}</code></h3>'
    mark = "".join(f'<p class="key">{escape(key["name"])}: {_text(key["description"])}</p>' for key in keys)
    answers = _table("Answers", _answers(call["responses"]))
    fields = "".join((*_parameters(call), *(_field(key["name"], "header") for key in keys), *_body(call)))
    form = (
        f'<form data-method="{method.upper()}" data-path="{escape(path.lstrip("/"))}">{fields}'
        '<button type="submit">Send</button><output></output></form>'
    )
    return f"<section>{title}<p>{_text(call['summary'])}</p>{mark}{answers}{form}</section>\n"


def _parameters(call: Mapping[str, Any]) -> Iterator[str]:
    for parameter in call.get("parameters", []):
        yield _field(parameter["name"], parameter["in"], parameter.get("description", ""), parameter["required"])


def _field(name: str, place: str, description: str = "", required: bool = False) -> str:
    must = " required" if required else ""
    said = f" {_text(description)}" if description else ""
    entry = f'<input name="{escape(name)}" data-in="{escape(place)}" autocomplete="off" spellcheck="false"{must}>'
    return f"<label><code>{escape(name)}</code>{said}{entry}</label>"


def _body(call: Mapping[str, Any]) -> Iterator[str]:
    content = call.get("requestBody", {}).get("content", {})
    if not content:
        return
    example = json.dumps(content[JSON].get("example"), indent=2, ensure_ascii=False)
    others = "".join(
        f"<p><code>{escape(kind)}</code> {_text(form['schema'].get('description', ''))}</p>"
        for kind, form in content.items()
        if kind != JSON
    )
    lines = example.count("\n") + 1
    yield (
        f'<label><code>{JSON}</code>: {_kind(content[JSON]["schema"])}<textarea name="body" data-in="body" '
        f'spellcheck="false" rows="{min(lines + 1, 16)}">\n{escape(example)}</textarea></label>{others}'
    )


def _answers(responses: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for status, answer in responses.items():
        schema = answer.get("content", {}).get(JSON, {}).get("schema")
        yield escape(status), f"{_text(answer['description'])}{': ' + _kind(schema) if schema else ''}"


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    title = f'<h3 id="{escape(name)}"><code>{escape(name)}</code></h3>'
    said = f"<p>{_text(schema['description'])}</p>" if "description" in schema else ""
    required = schema.get("required", ())
    rows = (
        (f"<code>{escape(field)}</code>{'' if field in required else ' (optional)'}", _described(found))
        for field, found in schema.get("properties", {}).items()
    )
    inside = _table("Fields", rows) if "properties" in schema else f"<p>{_described(schema)}</p>"
    return f"<section>{title}{said}{inside}</section>\n"


def _table(caption: str, rows: Iterator[tuple[str, str]]) -> str:
    lines = "".join(f'<tr><th scope="row">{name}</th><td>{text}</td></tr>' for name, text in rows)
    return f'<div class="scroll"><table><caption>{caption}</caption><tbody>{lines}</tbody></table></div>'


_WORDS = """
minimum ≥, maximum ≤, exclusiveMinimum >, exclusiveMaximum <, multipleOf multiple of, minLength length ≥,
maxLength length ≤, minItems items ≥, maxItems items ≤, pattern pattern, format format, default default, const always
"""
BOUNDS = dict(entry.strip().split(" ", 1) for entry in _WORDS.split(","))
"""A keyword of JSON Schema -> how it is said."""


def _described(schema: Mapping[str, Any]) -> str:
    bounds = [f"{words} {_value(schema[name])}" for name, words in BOUNDS.items() if name in schema]
    examples = [f"e.g. {_value(example)}" for example in schema.get("examples", [])[:1]]
    parts = [part for part in (_kind(schema), *bounds, *examples) if part]
    said = f" {_text(schema['description'])}" if "description" in schema else ""
    return f"{', '.join(parts)}.{said}" if parts else said or "any value"


def _kind(schema: Mapping[str, Any]) -> str:
    """What a value of this schema is, in a word or a link."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return " or ".join(filter(None, map(_kind, schema[key])))
    if "enum" in schema:
        return f"one of {', '.join(map(_value, schema['enum']))}"
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {})) or 'anything'}"
    kinds = schema.get("type", "")
    return escape(kinds if isinstance(kinds, str) else " or ".join(kinds))


def _value(value: Any) -> str:
    return f"<code>{escape(json.dumps(value, ensure_ascii=False, default=str))}</code>"


def _text(text: str) -> str:
    """Words with `code` in them."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))

"""JSON schemas of option models, such that a form can be made of them."""

from typing import Any

NOWHERE_ELSE = "An absolute path, as the machine that does the work sees it."


def for_form(schema: dict[str, Any]) -> None:
    """Change the JSON schema of a model of options into one that a form shows well.

    A form shows `X | None` as a choice between types, one of them called None, and posts the null of fields
    that nobody has touched. So each field has one type, and no default where that would be None: left empty,
    it is left out. A relative path means nothing to whoever fills in a form, since the work is done in
    another folder and perhaps on another machine.

    Args:
        schema: of an object; changed in place.
    """
    for position, field in enumerate(schema["properties"].values()):
        field["position"] = position  # some databases keep no order of keys
        for kind in field.pop("anyOf", []):
            field.update(kind if kind != {"type": "null"} else {})
        if field.get("default", "") is None:
            del field["default"]
        if field.get("type") == "string" and "enum" not in field:
            field["minLength"] = 1
        if field.get("format") == "path":
            field["pattern"] = "^/"
            field["description"] = f"{field['description']} {NOWHERE_ELSE}"

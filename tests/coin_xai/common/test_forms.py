from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from coin_xai.common.forms import for_form


class Told(BaseModel):
    model_config = ConfigDict(json_schema_extra=for_form)

    epoch: Annotated[int, Field(ge=1)] | None = Field(None, description="Which.")
    table: Path | None = Field(None, description="A table.")
    sort: Literal["a", "b"] | None = None
    word: str = "coin"
    share: float = 0.5


def fields():
    return Told.model_json_schema()["properties"]


def test_what_may_be_left_out_has_its_plain_type_its_bounds_and_no_default():
    assert fields()["epoch"] == {
        "type": "integer",
        "minimum": 1,
        "title": "Epoch",
        "description": "Which.",
        "position": 0,
    }
    assert fields()["sort"] == {"type": "string", "enum": ["a", "b"], "title": "Sort", "position": 2}


def test_what_has_a_default_keeps_it():
    assert fields()["word"]["default"] == "coin"
    assert fields()["share"]["default"] == 0.5


def test_texts_are_not_empty_and_paths_absolute_and_say_so():
    assert fields()["word"]["minLength"] == 1
    assert fields()["table"]["minLength"] == 1
    assert fields()["table"]["pattern"] == "^/"
    assert fields()["table"]["description"].startswith("A table. An absolute path")


def test_fields_come_in_their_order_even_where_a_database_has_lost_it():
    assert [rules["position"] for rules in fields().values()] == [0, 1, 2, 3, 4]


def test_the_model_itself_is_as_it_was():
    assert Told(table="relative.csv").table == Path("relative.csv")
    assert Told().epoch is None

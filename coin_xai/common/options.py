"""The base of all option models."""

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator

from coin_xai.common.forms import for_form
from coin_xai.errors import OptionError


class Options(BaseModel):
    """Base of all option models: immutable, and a misspelt name is an error, not a silence."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra=for_form)

    @field_validator("*", mode="before")
    @classmethod
    def _not_empty(cls, value: Any, field: ValidationInfo) -> Any:
        # As a path it would be the folder that the program happens to run in.
        if value == "":
            raise OptionError(f"{field.field_name} is empty; give a value, or leave it out")
        return value

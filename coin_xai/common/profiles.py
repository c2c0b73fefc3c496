"""Two named sets of option values: `small`, the default, and `legacy`, the published recipe.

`legacy` is the reference (Caron et al. 2018) in everything that changes numbers: features of the central
224 of 256 pixels; 256 whitened components; one k-means of 20 iterations; the sampler as the published code
really behaves; crops of 8 to 100 % of the area, half of them mirrored; batches of 256; one pass per
clustering; learning rate 0.05, constant; a head that is drawn anew in every epoch and learns without
momentum. What still differs, and why:

- Photographs are decoded once, with their shorter side 256 pixels long and antialiased by Lanczos; training
  crops are taken from that copy, and their edges are not rounded to whole pixels.
- Random numbers come from streams of their own (`seeds`), so that a run can be continued; no seed gives the
  numbers of the published code.
- The head has no units for empty clusters; theirs are never a target.
- Whitening is computed in double precision, and leaves out directions that hold rounding errors alone.
- A last batch of one photograph is joined to the one before it; batch normalisation refuses it.
- A row of features without any signal stays zero; there it becomes NaN, and k-means refuses it.
- k and the number of epochs are the user's: the published 10,000 clusters need more coins than there are.
"""

from collections.abc import Mapping
from typing import Any, Literal

from coin_xai.common.forms import for_form

Profile = Literal["small", "legacy"]
TrainerName = Literal["deepcluster", "deepcluster-v2"]

PROFILES: dict[Profile, dict[str, Any]] = {
    # The defaults of the options themselves, where the reason stands beside each.
    "small": {},
    "legacy": {
        "network": "alexnet",
        "sobel_padding": "zeros",
        "centre_crop": 0.875,
        "pca_dimensions": 256,
        "clustering": "kmeans",
        "kmeans_restarts": 1,
        "kmeans_iterations": 20,
        "sampler": "legacy_sampler",
        "passes": 1,
        "batch_size": 256,
        "learning_rate": 0.05,
        "momentum": 0.9,
        "weight_decay": 1e-5,
        "precision": "float32",
        "augmentation": {"crop_scale_min": 0.08, "flip": True, "rotation_deg": 0.0},
    },
}

TRAINERS: dict[TrainerName, dict[str, Any]] = {
    "deepcluster": {},
    # Two views a coin and a rate that falls: smaller batches and larger steps than `small` has otherwise.
    "deepcluster-v2": {"batch_size": 16, "learning_rate": 0.03},
}
"""What else than the defaults suits a trainer, where neither the user nor the profile says it."""

NETWORKS: dict[str, dict[str, Any]] = {
    # What tells coins apart for it is what lies where: views leave things near their places.
    "gridnet": {"augmentation": {"crop_scale_min": 0.8, "rotation_deg": 8.0}},
}
"""What else than the defaults suits a network, where neither the user nor the profile says it."""

_PUBLISHED: dict[str, object] = {**PROFILES["legacy"], **PROFILES["legacy"]["augmentation"]}


def said(values: Mapping[str, object]) -> dict[str, object]:
    """Return the values without those left empty (None) for the profile to fill in."""
    return {name: value for name, value in values.items() if value is not None or name not in _PUBLISHED}


def leave_to_profile(schema: dict[str, Any]) -> None:
    """Let a form leave empty what a profile says, in the JSON schema of a model of options.

    A form posts the default of every field beside what was changed in it. A value that is posted overrides
    the profile; so the defaults of `small` would make `legacy` another `small`.
    """
    for name, field in schema["properties"].items():
        if name not in _PUBLISHED or "$ref" in field:
            continue
        both = {"small": field.pop("default"), "legacy": _PUBLISHED[name]}
        values = ", ".join(
            f"{profile} {_shown(value)}" for profile, value in both.items() if value is not None
        )
        field["description"] += f" Left untouched, it is what the profile says ({values})."
        if field.get("type") == "boolean":
            # A switch cannot be left untouched: one of Prefect's two forms posts it as off.
            field.update(type="string", enum=["on", "off"])
    for_form(schema)


def _shown(value: object) -> str:
    return str(value) if not isinstance(value, bool) else "on" if value else "off"

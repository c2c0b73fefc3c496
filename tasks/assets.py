"""The things that flows make, as Prefect's assets name them."""

from prefect.assets import Asset, AssetProperties

CHECKPOINT = Asset(
    key="coinxai://checkpoint",
    properties=AssetProperties(name="checkpoint", description="A network that has finished a training."),
)

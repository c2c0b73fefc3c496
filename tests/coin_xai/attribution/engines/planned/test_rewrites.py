import dataclasses

from coin_xai.attribution.engines.planned.rewrites import Rewrites


def test_every_rewrite_is_on_and_explained():
    for field in dataclasses.fields(Rewrites):
        assert getattr(Rewrites(), field.name) is True
        assert f"{field.name}:" in Rewrites.__doc__

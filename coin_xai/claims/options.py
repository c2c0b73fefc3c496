"""Whether claims are asked, and about what."""

from typing import Literal, get_args

from pydantic import Field

from coin_xai.common.options import Options

PartsModel = Literal["cross", "radial"]
PARTS_MODELS: tuple[PartsModel, ...] = get_args(PartsModel)


class ClaimsOptions(Options):
    """Whether claims about what the network recognises are tested, and about what."""

    claims: PartsModel | None = Field(
        None,
        title="Claims",
        description="Test claims about what the network recognises, and show the verdicts on the page. "
        "Coins are divided into the bars and cantons of a cross (`cross`), or into rings (`radial`). "
        "Which coins are alike is told by the label that clusters are compared with.",
    )
    symbol: str | None = Field(
        None,
        title="Symbol",
        description="What claim 6 is about, as the column `canton_3` names it. If left out, it is what "
        "stands there most often.",
    )

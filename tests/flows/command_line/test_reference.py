from pathlib import Path

from flows.command_line.options import PANELS
from flows.command_line.reference import COMMANDS, reference

PAGE = Path(__file__).parents[3] / "docs" / "options.md"


def test_the_page_of_options_is_what_the_code_says():
    assert PAGE.read_text() == reference(), "run: python -m flows.command_line.reference > docs/options.md"


def test_every_option_of_a_model_has_its_place_in_the_help():
    placed = {name for names in PANELS.values() for name in names}
    own = {"checkpoint", "cluster_log", "images", "ignore_extras", "epoch", "run"}
    assert {parameter.name for command in COMMANDS for parameter in command.params} - own == placed

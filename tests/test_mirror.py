"""Tests mirror the tree: whoever looks for the tests of a module knows where they are."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("coin_xai", "storage", "tasks", "flows")

SCENARIOS = "scenarios"
"""Folders of tests of what several modules do together."""

LARGEST_FOLDER = 20

WITHOUT_BEHAVIOUR = (
    *("*/errors.py", "*/names.py", "*/version.py", "*/pattern.py", "*/stages.py"),
    *("*/model.py", "*/order.py", "*/planned/steps.py", "coin_xai/report/words/*.py"),
)
"""Modules that are names, words or the fields of records alone."""

TESTED_IN = {
    "coin_xai/attribution/maps.py": "coin_xai/attribution/test_attributor.py",
    "coin_xai/claims/evidence.py": "coin_xai/claims/test_claims.py",
    "coin_xai/claims/options.py": "coin_xai/claims/test_parts.py",
    "coin_xai/common/lazy.py": "flows/scenarios/test_light_imports.py",
    "coin_xai/common/options.py": "flows/test_parameters.py",
    "coin_xai/common/profiles.py": "coin_xai/deepcluster/test_options.py",
    "coin_xai/deepcluster/state.py": "coin_xai/deepcluster/test_training.py",
    "coin_xai/deepcluster/trainer.py": "coin_xai/deepcluster/test_trainers.py",
    "coin_xai/deepcluster/v2/embedder.py": "coin_xai/deepcluster/v2/test_train_prototypes.py",
    "coin_xai/networks/factory.py": "coin_xai/networks/test_network.py",
    "flows/command_line/*.py": "flows/command_line/test_cli.py",
    "flows/deployment.py": "deployments/test_serve.py",
    "flows/engine.py": "deployments/test_deployments.py",
    "flows/explaining/explanation.py": "flows/test_explain_clusters.py",
    "flows/explaining/shards.py": "flows/scenarios/test_on_dask.py",
    "flows/freeing.py": "flows/test_prune.py",
    "flows/ingesting.py": "flows/test_study.py",
    "flows/leaving.py": "flows/command_line/test_cli.py",
    "flows/retention.py": "flows/test_prune.py",
    "flows/train_clusters.py": "flows/test_study.py",
    "storage/remote/audit.py": "storage/remote/test_store.py",
    "storage/remote/copies.py": "tasks/pruning/test_prune.py",
    "tasks/announce.py": "deployments/test_deployments.py",
    "tasks/explaining/attribute.py": "tasks/test_transform.py",
    "tasks/explaining/reuse.py": "tasks/test_transform.py",
    "tasks/exporting/*.py": "tasks/exporting/test_export_coins.py",
    "tasks/lineage.py": "flows/scenarios/test_lineage.py",
    "tasks/running/on_dask.py": "flows/scenarios/test_on_dask.py",
    "tasks/page/iiif.py": "tasks/page/test_bundle.py",
    "tasks/page/inputs.py": "tasks/test_publish.py",
    "tasks/page/report.py": "tasks/test_publish.py",
    "tasks/pruning/*.py": "flows/test_prune.py",
    "tasks/training/initial_weights.py": "tasks/test_train.py",
    "tasks/training/launcher.py": "tasks/training/test_ranks.py",
    "tasks/training/rank.py": "tasks/training/test_ranks.py",
    "tasks/unexplained.py": "flows/test_backfill.py",
}
"""Modules that are tested by what is made of them: where."""


def modules():
    """Return the modules; a package counts as one of its name beside it."""
    found = (path.relative_to(ROOT) for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    return {path.parent.with_suffix(".py") if path.name == "__init__.py" else path for path in found}


def files_of_tests():
    found = (path.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py"))
    return {path for path in found if path.parts[0] in ROOMS and SCENARIOS not in path.parts}


def mirror(module):
    return module.with_name(f"test_{module.name}")


def test_every_file_of_tests_is_that_of_a_module():
    assert sorted(files_of_tests() - {mirror(module) for module in modules()}) == []


def test_every_module_has_its_tests_or_says_where_they_are():
    without = {path for path in modules() if mirror(path) not in files_of_tests()}
    of_packages = {path for path in without if (ROOT / path.with_suffix("")).is_dir()}
    behaving = {
        path for path in without - of_packages if not any(path.match(name) for name in WITHOUT_BEHAVIOUR)
    }
    used = {name for name in TESTED_IN for path in behaving if path.match(name)}
    assert sorted(path for path in behaving if not any(path.match(name) for name in TESTED_IN)) == []
    assert sorted({*TESTED_IN} - used) == []
    assert [place for place in TESTED_IN.values() if not (ROOT / "tests" / place).is_file()] == []


def test_no_folder_holds_more_than_one_can_survey():
    folders = {path.parent for path in modules() if path.parent.name} | {
        Path("tests") / path.parent for path in files_of_tests()
    }
    sizes = {folder: len(list((ROOT / folder).glob("*.py"))) for folder in folders}
    assert {folder: size for folder, size in sizes.items() if size > LARGEST_FOLDER} == {}

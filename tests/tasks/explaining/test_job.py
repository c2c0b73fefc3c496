from dataclasses import FrozenInstanceError

import pytest

from coin_xai.attribution.options import ExplanationOptions
from storage.errors import MissingError
from tasks.explaining.job import ExplanationJob


def test_it_knows_where_its_run_and_its_explanation_lie(explained_run):
    explanation = explained_run.explanation
    job = ExplanationJob(
        run=explained_run.layout.root,
        fingerprint=explanation.root.name,
        epoch=2,
        options=ExplanationOptions(),
    )
    assert job.layout.root == explained_run.layout.root
    assert job.explanation.root == explanation.root
    assert job.reuse == "size"
    with pytest.raises(FrozenInstanceError):
        job.epoch = 3


def test_a_run_that_is_not_there_is_named(tmp_path):
    job = ExplanationJob(run=tmp_path / "gone", fingerprint="x", epoch=1, options=ExplanationOptions())
    with pytest.raises(MissingError, match="gone"):
        _ = job.layout

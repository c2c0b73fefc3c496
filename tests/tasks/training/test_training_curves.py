import base64
import io

from PIL import Image

from storage.layout import RunLayout
from tasks.training.training_curves import course, draw_training_curves


def rows(n_epochs, **last):
    every = [
        {
            "epoch": epoch,
            "loss": 2.0 - epoch / 100,
            "ami_to_previous": None if epoch == 0 else 0.25,
            "seed_stability_ami": 0.5,
            "moved_share": None if epoch == 0 else 0.75,
            "largest_cluster_share": 0.2,
            "clusters": 10,
            "empty_clusters": 0,
            "warnings": None,
        }
        for epoch in range(n_epochs)
    ]
    every[-1].update(last)
    return every


def test_the_curves_are_a_picture_in_the_run(tmp_path):
    layout = RunLayout(tmp_path / "run")
    draw_training_curves(layout, rows(3))
    with Image.open(layout.curves) as picture:
        assert picture.format == "PNG"
        width, height = picture.size
    assert width > 2 * height
    before = layout.curves.read_bytes()
    draw_training_curves(layout, rows(4))
    assert layout.curves.read_bytes() != before
    assert [path.name for path in layout.curves.parent.iterdir()] == ["curves.png"]


def test_the_summary_holds_curves_warnings_and_the_last_epochs(tmp_path):
    layout = RunLayout(tmp_path / "run")
    draw_training_curves(layout, rows(12))
    picture = layout.curves.read_bytes()
    text = course("run <1>", rows(12, warnings="3 of 10 clusters are empty."), picture)
    assert "# Training of run \\<1\\>" in text
    assert "3 of 10 clusters are empty." in text
    assert "| epoch | loss | AMI to the epoch before | AMI between seeds | moved | largest cluster |" in text
    lines = [line for line in text.splitlines() if line.startswith("| 1")]
    assert lines[-1] == "| 11 | 1.890 | 0.250 | 0.500 | 0.750 | 0.200 |"
    assert "| 3 | " not in text
    assert "| 4 | " in text
    address = text.split("data:image/png;base64,")[1].split(")")[0]
    assert base64.b64decode(address) == picture
    assert Image.open(io.BytesIO(picture)).width == 960


def test_the_summary_stays_small(tmp_path):
    layout = RunLayout(tmp_path / "run")
    draw_training_curves(layout, rows(500))
    assert len(course("run", rows(500), layout.curves.read_bytes())) < 100_000

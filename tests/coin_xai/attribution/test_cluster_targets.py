import numpy as np
import pytest
import torch

from coin_xai.attribution import Assignment, Clusters, Similarity
from coin_xai.attribution.engines.engine import Scores
from coin_xai.clustering.kmeans import cluster
from coin_xai.clustering.reduction import fit_whitening
from coin_xai.errors import OptionError

N, D_IN, D, K = 60, 12, 5, 4


@pytest.fixture
def partition():
    """Features, their clusters as faiss finds them, and the partition with one empty cluster in between."""
    features = np.random.default_rng(5).normal(size=(N, D_IN)).astype(np.float32)
    whitening = fit_whitening(features, D)
    found = cluster(whitening.apply(features), K, seed=1, restarts=2, iterations=20)
    far = np.full((1, D), 9, dtype=np.float32)
    centroids = np.concatenate([found.centroids[:2], far, found.centroids[2:]])
    clusters = Clusters(
        whitening=whitening, centroids=centroids, class_to_cluster=np.array([0, 1, 3, 4], dtype=np.int64)
    )
    return features, found.cluster, clusters


def scores(features):
    return Scores(
        logits=torch.zeros(len(features), K),
        penultimate=features,
        head_input=features.relu(),
        head_weight=torch.zeros(K, D_IN),
    )


def points(features, clusters):
    """The reduction, written out."""
    whitening = clusters.whitening
    mean, components, variances = (
        torch.tensor(array, dtype=torch.float64)
        for array in (whitening.mean, whitening.components, whitening.variances)
    )
    whitened = (features - mean) @ components.T / variances.sqrt()
    return whitened / whitened.norm(dim=1, keepdim=True)


def test_the_reduction_is_that_of_the_clustering(partition):
    features, _, clusters = partition
    found, _ = clusters.reduced(torch.tensor(features))
    np.testing.assert_allclose(found, clusters.whitening.apply(features), rtol=1e-4, atol=1e-6)


def test_the_assignment_equals_autograd_of_the_plain_formula(partition):
    array, _, clusters = partition
    features = torch.tensor(array, dtype=torch.float64, requires_grad=True)
    class_index = torch.arange(N) % K
    centroids = torch.tensor(clusters.centroids, dtype=torch.float64)
    distances = (points(features, clusters)[:, None] - centroids).square().sum(dim=2)
    own = torch.tensor(clusters.class_to_cluster)[class_index]
    values = []
    for coin in range(N):
        others = torch.tensor([k for k in range(len(centroids)) if k != own[coin]])
        values.append((distances[coin, others] - distances[coin, own[coin]]).min())
    value = torch.stack(values)
    (gradient,) = torch.autograd.grad(value.sum(), features)
    target_gradient = Assignment(clusters).gradient(scores(features.detach()), class_index)
    torch.testing.assert_close(target_gradient.value, value.detach(), rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(target_gradient.gradient, gradient, rtol=1e-10, atol=1e-10)
    assert (target_gradient.at, target_gradient.unit) == ("penultimate", None)


def test_it_is_positive_exactly_where_k_means_put_the_coin(partition):
    array, assigned, clusters = partition
    features = torch.tensor(array, dtype=torch.float64)
    for unit in range(K):
        target_gradient = Assignment(clusters).gradient(scores(features), torch.full((N,), unit))
        assert (target_gradient.value > 0).tolist() == (assigned == unit).tolist()


def test_the_similarity_equals_autograd_of_the_cosine(partition):
    array, _, clusters = partition
    features = torch.tensor(array, dtype=torch.float64, requires_grad=True)
    class_index = torch.arange(N) % K
    centroids = torch.tensor(clusters.centroids, dtype=torch.float64)
    own = centroids[torch.tensor(clusters.class_to_cluster)[class_index]]
    value = torch.nn.functional.cosine_similarity(points(features, clusters), own)
    (gradient,) = torch.autograd.grad(value.sum(), features)
    target_gradient = Similarity(clusters).gradient(scores(features.detach()), class_index)
    torch.testing.assert_close(target_gradient.value, value.detach(), rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(target_gradient.gradient, gradient, rtol=1e-10, atol=1e-10)


def test_a_coin_at_the_very_mean_gives_finite_numbers(partition):
    _, _, clusters = partition
    features = torch.tensor(clusters.whitening.mean)[None]
    for target in (Assignment(clusters), Similarity(clusters)):
        target_gradient = target.gradient(scores(features), torch.tensor([1]))
        assert target_gradient.value.isfinite().all()
        assert target_gradient.gradient.isfinite().all()


def test_parts_of_different_partitions_are_refused(partition):
    _, _, clusters = partition
    with pytest.raises(OptionError, match="centroids have 3 dimensions and the whitening 5"):
        Clusters(
            whitening=clusters.whitening,
            centroids=clusters.centroids[:, :3],
            class_to_cluster=clusters.class_to_cluster,
        )


@pytest.mark.parametrize("target", [Assignment, Similarity])
def test_both_engines_take_it_back_from_the_signed_features(target, relative_error, settled, reference):
    from coin_xai.attribution import Attributor
    from coin_xai.networks import build

    network = settled(build("alexnet", k=K, generator=torch.Generator().manual_seed(4), width=1 / 16))
    generator = torch.Generator().manual_seed(5)
    photographs = torch.randn(24, 3, 224, 224, generator=generator, dtype=torch.float64)
    with torch.no_grad():
        features = network.penultimate(photographs)
    whitening = fit_whitening(features.float().numpy(), D)
    found = cluster(whitening.apply(features.float().numpy()), K, seed=1, restarts=2, iterations=20)
    clusters = Clusters(
        whitening=whitening, centroids=found.centroids, class_to_cluster=found.class_to_cluster
    )
    class_index = torch.tensor(found.class_index)[:3]
    methods = ["grad_cam", "gradient", "guided_backpropagation", "deconvnet"]
    planned, autograd = (
        Attributor(network, layer="features.16", engine=engine).attribute(
            photographs[:3], class_index, methods=methods, target=target(clusters)
        )
        for engine in ("planned", "autograd")
    )
    assert planned.provenance.target == target(clusters).name
    assert relative_error(planned.maps["grad_cam"], autograd.maps["grad_cam"]) <= 1e-10
    for method, gradient in autograd.gradients.items():
        assert relative_error(planned.gradients[method], gradient) <= 1e-10

    class Signed(torch.nn.Module):  # the network that ends in the signed features
        def __init__(self):
            super().__init__()
            self.inside = network

        def forward(self, photographs):
            return self.inside.penultimate(photographs)

    def value(signed):
        return target(clusters).gradient(scores_of(signed), class_index).value

    def scores_of(signed):
        return Scores(logits=signed, penultimate=signed, head_input=signed, head_weight=signed)

    expected = reference(Signed(), photographs[:3], class_index, value=value)
    assert relative_error(autograd.gradients["gradient"], expected[:, 0]) <= 1e-10


def embedded(network, photographs):
    """A projection behind the network with settled statistics, and the clusters of the embeddings."""
    from coin_xai.deepcluster.v2.projection import Projection

    projection = Projection(network.head.in_features, generator=torch.Generator().manual_seed(2)).double()
    projection.norm.momentum = None  # the mean of all batches, here one
    with torch.no_grad():
        features = network.penultimate(photographs)
        projection(network.rectifier(features))
    reduction = projection.eval().reduction()
    found = cluster(
        reduction.apply(features.numpy()).astype(np.float32),
        K,
        seed=1,
        restarts=2,
        iterations=20,
        spherical=True,
    )
    return projection, reduction, found


@pytest.mark.filterwarnings("ignore::UserWarning")  # Captum's about hooks
@pytest.mark.parametrize("name", ["alexnet", "resnet18"])
def test_of_an_embedding_the_cosine_is_explained_and_the_head_chooses_the_nearest(
    name, relative_error, settled
):
    from captum.attr import LayerGradCam

    from coin_xai.attribution import Attributor
    from coin_xai.deepcluster.v2.projection import head_of
    from coin_xai.networks import build

    width, side = (1 / 16, 224) if name == "alexnet" else (1 / 4, 64)
    network = settled(build(name, k=K, generator=torch.Generator().manual_seed(4), width=width))
    generator = torch.Generator().manual_seed(5)
    photographs = torch.randn(24, 3, side, side, generator=generator, dtype=torch.float64)
    projection, reduction, found = embedded(network, photographs)
    centroids = found.centroids[found.class_to_cluster].astype(np.float64)
    centroids /= np.linalg.norm(centroids, axis=1, keepdims=True)  # faiss does so in single precision
    clusters = Clusters(reduction, centroids=centroids, class_to_cluster=np.arange(len(centroids)))
    class_index = torch.tensor(found.class_index)

    class Cosines(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network, self.projection = network, projection

        def forward(self, shown):
            embeddings = self.projection(self.network.rectifier(self.network.penultimate(shown)))
            return embeddings @ torch.tensor(centroids).T

    cosines, few = Cosines().eval(), photographs[:4].clone().requires_grad_()
    attributor = Attributor(network, layer=network.attribution_layer)
    explained = attributor.attribute(
        photographs[:4], class_index[:4], methods=["grad_cam", "gradient"], target=Similarity(clusters)
    )
    value = cosines(few).gather(1, class_index[:4, None])[:, 0]
    (gradient,) = torch.autograd.grad(value.sum(), few)
    torch.testing.assert_close(explained.value, value.detach(), rtol=0, atol=1e-10)
    assert relative_error(explained.gradients["gradient"], gradient[:, 0]) <= 1e-9
    layer = network.get_submodule(network.attribution_layer)
    captum = LayerGradCam(cosines, layer).attribute(photographs[:4], target=class_index[:4])
    assert relative_error(explained.maps["grad_cam"], captum[:, 0].detach()) <= 1e-9

    weight, bias = head_of(reduction, centroids)
    network.head = torch.nn.Linear(network.head.in_features, len(centroids)).double()
    network.head.load_state_dict({"weight": weight, "bias": bias})
    assert torch.equal(network(photographs).argmax(dim=1), class_index)
    assert torch.equal(cosines(photographs).argmax(dim=1), class_index)
    assigned = Attributor(network, layer=network.attribution_layer).attribute(
        photographs, class_index, methods=["grad_cam"], target=Assignment(clusters)
    )
    assert (assigned.value > 0).all()

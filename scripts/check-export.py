"""Compares what `multigrid export` wrote with PyTorch: the same clips through both, the logits side by side.

    pip install torch numpy safetensors onnxruntime
    multigrid export --run runs/first --names pyslowfast --output exported
    python scripts/check-export.py exported

In: a folder with model.onnx and weights.safetensors under PySlowFast's names. The PyTorch network is the one in
test/fixtures/pytorch/pyslowfast.py; the safetensors file says which it is. Out: how far a logit is from float64 PyTorch,
and exit code 1 when that is above 1e-4, or above 1e-4 of the largest logit where that is above 1. `npm run sample-export`
makes such a folder without a training.
"""

import argparse
import json
import pathlib
import sys

import numpy
import onnxruntime
import torch
from safetensors import safe_open

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "test" / "fixtures" / "pytorch"))
import networks  # noqa: E402
import pyslowfast  # noqa: E402

TOLERANCE = 1e-4


def read(path):
    with safe_open(path, framework="pt") as file:
        return file.metadata(), {name: file.get_tensor(name) for name in file.keys()}


def main():
    parser = argparse.ArgumentParser(description="exported ONNX against exported weights in PyTorch")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--clips", type=int, default=2)
    options = parser.parse_args()
    metadata, tensors = read(options.folder / "weights.safetensors")
    if metadata.get("names") != "pyslowfast":
        raise SystemExit("export with --names pyslowfast: PyTorch's modules are called so here")
    network = pyslowfast.Network(json.loads(metadata["architecture"]))
    network.load_state_dict(tensors)
    network.eval()
    session = onnxruntime.InferenceSession(options.folder / "model.onnx")
    frames, crop = int(metadata["frames"]), int(metadata["cropSize"])
    clip = numpy.random.default_rng(0).integers(0, 256, (options.clips, frames, crop, crop, 3), numpy.uint8)
    ours = session.run(["logits"], {"clip": clip})[0]
    pixels = networks.normalize(torch.from_numpy(clip))
    with torch.no_grad():
        single = network(pixels).numpy()
        exact = network.double()(pixels.double()).numpy()
    difference, own = (float(numpy.abs(logits - exact).max()) for logits in (ours, single))
    largest = float(numpy.abs(exact).max())
    print(f"{metadata['network']}: {len(tensors)} tensors, {options.clips} clips of {frames} frames at {crop} pixels")
    print(f"largest logit {largest:.4f}; from float64 PyTorch: model.onnx {difference:.1e}, float32 PyTorch {own:.1e}")
    if difference <= TOLERANCE * max(1, largest):
        return 0
    cause = "so is PyTorch in float32: the network magnifies rounding" if 2 * own > difference else "the export is wrong"
    print(f"that is above {TOLERANCE:.0e}; {cause}")
    return 1


if __name__ == "__main__":
    sys.exit(main())

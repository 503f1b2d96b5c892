"""One PyTorch training step per line of input, for step.bench.ts.

    python test/bench/pytorch_steps.py THREADS FORMAT < shapes

In: lines "clips frames cropSize". Out: for each, the milliseconds of one step: forward, loss, backward, SGD with Nesterov
momentum and weight decay, on the small SlowFast. FORMAT: plain or channels_last.
"""

import pathlib
import sys
import time

import torch
from torch.nn import functional

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "fixtures" / "pytorch"))
import networks  # noqa: E402

SPEC = {
    "family": "slowfast",
    "numClasses": 16,
    "dropout": 0.2,
    "width": 16,
    "blocks": [1, 1, 1],
    "expansion": 4,
    "stemKernel": 5,
    "alpha": 4,
    "betaInv": 4,
    "fusionKernel": 5,
}


def main():
    torch.set_num_threads(int(sys.argv[1]))
    memory_format = torch.channels_last_3d if sys.argv[2] == "channels_last" else torch.contiguous_format
    network = networks.build(SPEC).to(memory_format=memory_format)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-4)
    batches = {}
    print("ready", flush=True)
    for line in sys.stdin:
        clips, frames, crop = map(int, line.split())
        if line not in batches:
            pixels = torch.randint(0, 256, (clips, frames, crop, crop, 3), dtype=torch.uint8)
            batches[line] = (pixels, torch.randint(0, 16, (clips,)))
        pixels, labels = batches[line]
        start = time.perf_counter()
        clip = networks.normalize(pixels).contiguous(memory_format=memory_format)
        loss = functional.cross_entropy(network(clip), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        print(1000 * (time.perf_counter() - start), flush=True)


if __name__ == "__main__":
    main()

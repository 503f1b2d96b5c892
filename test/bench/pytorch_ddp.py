"""One rank of PyTorch's side of workers.bench.ts: DistributedDataParallel over gloo, one training step per line of input.

    MASTER_ADDR=... MASTER_PORT=... RANK=... WORLD_SIZE=... python test/bench/pytorch_ddp.py '{"spec": ..., "clips": 8, ...}' SOCKET

The case is that of the rank's own share. A step is that of pytorch_steps.py; gradients are summed up while the backward pass runs, as DDP
does it. Out: see workers/ranks-side.ts; what a step waits for is hidden in the backward pass, so `readyMs` is `summedMs`.
"""

import json
import os
import pathlib
import socket
import sys
import time

import torch
import torch.distributed
from torch.nn import functional
from torch.nn.parallel import DistributedDataParallel

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "fixtures" / "pytorch"))
import networks  # noqa: E402
from pytorch_steps import cpu_seconds  # noqa: E402


def main():
    case = json.loads(sys.argv[1])
    torch.set_num_threads(case["cores"])
    torch.distributed.init_process_group("gloo")
    rank = torch.distributed.get_rank()
    network = DistributedDataParallel(networks.build(case["spec"]))
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-4, momentum=0.9, nesterov=True, weight_decay=1e-4)
    clips, frames, crop = case["clips"], case["frames"], case["cropSize"]
    pixels = torch.randint(0, 256, (clips, frames, crop, crop, 3), dtype=torch.uint8)
    labels = torch.randint(0, case["spec"]["numClasses"], (clips,))

    def step():
        start, used = time.time(), cpu_seconds()
        clip = networks.normalize(pixels).contiguous()
        loss = functional.cross_entropy(network(clip), labels)
        optimizer.zero_grad()
        loss.backward()
        summed = time.time()
        optimizer.step()
        return {
            "rank": rank,
            "startMs": 1000 * start,
            "readyMs": 1000 * summed,
            "summedMs": 1000 * summed,
            "endMs": 1000 * time.time(),
            "cpuMs": 1000 * (cpu_seconds() - used),
        }

    step()
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(sys.argv[2])
    answers = connection.makefile("w")
    print("ready", file=answers, flush=True)
    for _ in connection.makefile("r"):
        print(json.dumps(step()), file=answers, flush=True)
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main()

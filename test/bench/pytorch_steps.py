"""PyTorch's side of engine.bench.ts: one training step per line of input.

    python test/bench/pytorch_steps.py '{"spec": ..., "clips": 8, ...}' MODE
    python test/bench/pytorch_steps.py gemm THREADS

MODE: eager, channels_last or compile. One step is: uint8 clips normalised, forward, cross-entropy, backward, SGD with
Nesterov momentum and weight decay. Out: see engine/side.ts; `ready` comes with the multiply-adds of a forward pass, for
the whole network and for the stems, which need no gradient by their input.
"""

import json
import pathlib
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "fixtures" / "pytorch"))
import networks  # noqa: E402

GEMM_SIDES = (512, 1024, 2048)
GEMM_ROUNDS = 12


def main():
    if sys.argv[1] == "gemm":
        print(best_product(int(sys.argv[2])))
    else:
        steps(json.loads(sys.argv[1]), sys.argv[2])


def steps(case, mode):
    torch.set_num_threads(case["cores"])
    memory_format = torch.channels_last_3d if mode == "channels_last" else torch.contiguous_format
    network = networks.build(case["spec"]).to(memory_format=memory_format)
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-4, momentum=0.9, nesterov=True, weight_decay=1e-4)
    clips, frames, crop = case["clips"], case["frames"], case["cropSize"]
    pixels = torch.randint(0, 256, (clips, frames, crop, crop, 3), dtype=torch.uint8)
    labels = torch.randint(0, case["spec"]["numClasses"], (clips,))
    counts = {} if mode == "compile" else count_multiply_adds(network)
    runnable = torch.compile(network) if mode == "compile" else network

    def step():
        clip = networks.normalize(pixels).contiguous(memory_format=memory_format)
        loss = functional.cross_entropy(runnable(clip), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    step()
    for hook in counts.pop("hooks", []):
        hook.remove()
    print("ready", json.dumps(counts), flush=True)
    for _ in sys.stdin:
        start, used = time.perf_counter(), cpu_seconds()
        step()
        print(1000 * (time.perf_counter() - start), 1000 * (cpu_seconds() - used), flush=True)
    print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def count_multiply_adds(network):
    """Filled by the first forward pass."""
    counts = {"all": 0, "stems": 0, "hooks": []}

    def count(module, inputs, output):
        number = output.numel() * module.weight[0].numel()
        counts["all"] += number
        if isinstance(module, nn.Conv3d) and module.in_channels == 3:
            counts["stems"] += number

    for module in network.modules():
        if isinstance(module, (nn.Conv3d, nn.Linear)):
            counts["hooks"].append(module.register_forward_hook(count))
    return counts


def best_product(threads):
    """GFLOP/s of the fastest matrix product."""
    torch.set_num_threads(threads)
    best = 0
    for side in GEMM_SIDES:
        a, b = torch.full((side, side), 0.5), torch.full((side, side), 0.5)
        for _ in range(GEMM_ROUNDS):
            start = time.perf_counter()
            torch.mm(a, b)
            best = max(best, 2 * side**3 / (time.perf_counter() - start) / 1e9)
    return best


if __name__ == "__main__":
    main()

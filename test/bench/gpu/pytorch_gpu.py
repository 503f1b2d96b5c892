"""PyTorch's side of gpu.bench.ts: milliseconds of a training step, median of several, as JSON on the last line.

    python pytorch_gpu.py '{"spec": ..., "clips": 8, "frames": 8, "cropSize": 112}' PRECISION DEVICE STEPS

PRECISION: float32 (TF32 allowed, as in our default) or mixed (autocast to float16 with a gradient scaler).
"""

import json
import pathlib
import statistics
import sys
import time

import torch
from torch.nn import functional

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "fixtures" / "pytorch"))
import networks  # noqa: E402


def main():
    case, precision, device, count = json.loads(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
    is_mixed = precision == "mixed"
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    network = networks.build(case["spec"]).to(device)
    optimizer = torch.optim.SGD(network.parameters(), lr=1e-3, momentum=0.9, nesterov=True, weight_decay=1e-4)
    scaler = torch.amp.GradScaler(device, enabled=is_mixed)
    pixels = torch.randint(0, 256, (case["clips"], case["frames"], *[case["cropSize"]] * 2, 3), dtype=torch.uint8)
    labels = torch.randint(0, case["spec"]["numClasses"], (case["clips"],)).to(device)
    if device != "cpu":
        pixels = pixels.pin_memory()

    def step():
        with torch.autocast(device, dtype=torch.float16, enabled=is_mixed):
            logits = network(networks.normalize(pixels.to(device, non_blocking=True)))
            loss = functional.cross_entropy(logits, labels)
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        return loss.item()

    times = []
    for _ in range(count + 3):
        start = time.perf_counter()
        step()
        times.append(1000 * (time.perf_counter() - start))
    print(json.dumps({"medianMs": statistics.median(times[3:]), "torch": torch.__version__}))


main()

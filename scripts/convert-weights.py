"""Makes a safetensors file of a PyTorch pickle, for `model.pretrained`.

    pip install torch numpy safetensors
    python scripts/convert-weights.py SLOWFAST_8x8_R50.pyth weights.safetensors

Only tensors are read (`weights_only`), so a hostile file runs nothing. `--trust` reads whatever the pickle holds, for old
files with other objects in them: only for files from people you trust, since reading such a file runs its code.
"""

import argparse

import torch
from safetensors.torch import save_file

parser = argparse.ArgumentParser(description="PyTorch pickle to safetensors")
parser.add_argument("pickle")
parser.add_argument("safetensors")
parser.add_argument("--trust", action="store_true", help="run the code in the pickle")
options = parser.parse_args()

state = torch.load(options.pickle, map_location="cpu", weights_only=not options.trust)
# PySlowFast keeps the weights in model_state, others in state_dict or model.
for key in ("model_state", "state_dict", "model"):
    state = state[key] if isinstance(state.get(key), dict) else state
# Tied weights share memory, which the format does not know: each gets its own copy.
tensors = {name: value.clone().contiguous() for name, value in state.items() if isinstance(value, torch.Tensor)}
save_file(tensors, options.safetensors, metadata={"format": "pt"})
print(f"{options.safetensors}: {len(tensors)} tensors, such as {', '.join(list(tensors)[:3])}")

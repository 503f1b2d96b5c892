/**
 * A file whose every tensor carries the prefix of a wrapper (`module.` of PyTorch's DataParallel, `model.` of training
 * frameworks, `_orig_mod.` of torch.compile), seen without it. In: a source. Out: the same source, or a view of it.
 */
import type { StoredTensor, WeightSource } from './weight-source.ts';

const WRAPPERS = ['module.', 'model.', '_orig_mod.', 'state_dict.', 'model_state.'] as const;

export function unwrapped(source: WeightSource): WeightSource {
  const names = [...source.tensors.keys()];
  const wrapper = WRAPPERS.find(
    (prefix) => names.length > 0 && names.every((name) => name.startsWith(prefix)),
  );
  return wrapper === undefined ? source : unwrapped(without(wrapper, source));
}

function without(prefix: string, source: WeightSource): WeightSource {
  return {
    ...(source.whenFolded === undefined ? {} : { whenFolded: source.whenFolded }),
    tensors: new Map(
      [...source.tensors].map(([key, tensor]): [string, StoredTensor] => {
        const name = key.slice(prefix.length);
        return [name, { ...tensor, name }];
      }),
    ),
    read: (name) => source.read(prefix + name),
    close: () => source.close(),
  };
}

/**
 * Copies a vector between memory of the host and of the device, in either direction. In: an engine and two float32 tensors of
 * one length. Out: nothing.
 */
import type { Bindable, Engine } from '../../trainer-image/engine/engine.ts';
import { copyModel } from '../../trainer-image/train/parameters/vector-models.ts';

export async function copyTensor(engine: Engine, from: Bindable, to: Bindable): Promise<void> {
  const [length = 1] = from.dims;
  const session = await engine.createSession(copyModel(length), { threads: 1 });
  await session.bind(new Map([['from', from]]), new Map([['to', to]])).run();
  session.dispose();
}

export function vector(data: Float32Array): Bindable {
  return { type: 'float32', dims: [data.length], data };
}

/**
 * Runs ONNX models through the public onnxruntime-node binding: an engine that is not ours, for tests that check what we
 * compute. In: a model's bytes and named arrays. Out: the outputs by name.
 */
import * as onnxruntime from 'onnxruntime-node';

/** An array to feed, with its dimensions. */
export interface OracleTensor {
  readonly data: Float32Array | Uint8Array;
  readonly dims: readonly number[];
}

export class OnnxOracle {
  readonly #session: onnxruntime.InferenceSession;

  private constructor(session: onnxruntime.InferenceSession) {
    this.#session = session;
  }

  static async load(model: Uint8Array): Promise<OnnxOracle> {
    const session = await onnxruntime.InferenceSession.create(model, {
      intraOpNumThreads: 1,
      logSeverityLevel: 3,
    });
    return new OnnxOracle(session);
  }

  get inputNames(): readonly string[] {
    return this.#session.inputNames;
  }

  /** @param outputs Names of the outputs to fetch; all when left out. */
  async run(
    inputs: ReadonlyMap<string, OracleTensor>,
    outputs: readonly string[] = this.#session.outputNames,
  ): Promise<ReadonlyMap<string, Float32Array>> {
    const feeds = Object.fromEntries([...inputs].map(([name, tensor]) => [name, toOnnx(tensor)]));
    const results = await this.#session.run(feeds, [...outputs]);
    return new Map(outputs.map((name) => [name, floats(name, results[name]?.data)]));
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

/** What a model gives for one set of inputs. @param outputs Names of the outputs to fetch; all when left out. */
export async function runOnce(
  model: Uint8Array,
  inputs: ReadonlyMap<string, OracleTensor>,
  outputs?: readonly string[],
): Promise<ReadonlyMap<string, Float32Array>> {
  const oracle = await OnnxOracle.load(model);
  try {
    return await oracle.run(inputs, outputs);
  } finally {
    await oracle.release();
  }
}

function toOnnx({ data, dims }: OracleTensor): onnxruntime.Tensor {
  return data instanceof Float32Array
    ? new onnxruntime.Tensor('float32', data, [...dims])
    : new onnxruntime.Tensor('uint8', data, [...dims]);
}

function floats(name: string, data: unknown): Float32Array {
  if (!(data instanceof Float32Array)) {
    throw new TypeError(`output ${name} is not float32`);
  }
  return data;
}

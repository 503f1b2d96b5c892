/**
 * Whether ONNX Runtime's CUDA provider has a kernel for every node of a model. In: the model's bytes and the table of
 * kernels read from the provider's registry (`test/fixtures/cuda`). Out: a list of what would not be placed, empty when all
 * is. Types are followed from the inputs through the nodes; versions are matched as the runtime matches them.
 */
import { readFileSync } from 'node:fs';
import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import type { GraphProto, NodeProto } from 'onnx-buf';

type KernelRow = readonly [first: number, last: number, types: Readonly<Record<string, string>>];

interface KernelTable {
  readonly versions: Readonly<Record<string, readonly number[]>>;
  readonly kernels: Readonly<Record<string, readonly KernelRow[]>>;
}

const TABLE_FILE = new URL('../fixtures/cuda/kernels-1.30.0.json', import.meta.url);
const NO_LAST_OPSET = 2147483647;

/** ONNX's element type codes as the registry names them. */
const TYPE_NAMES: Readonly<Record<number, string>> = {
  1: 'float',
  2: 'uint8',
  6: 'int32',
  7: 'int64',
  9: 'bool',
  10: 'float16',
  11: 'double',
};

/** Where an operator's type constraints are to be read; `T`, `V` and `T1` are input 0 where nothing else is said. */
const CONSTRAINTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Cast: { T1: 'in0', T2: 'out0' },
  ConstantOfShape: { T1: 'in0', T2: 'out0' },
  Equal: { T: 'in0', T1: 'out0' },
  And: { T: 'in0', T1: 'out0' },
  Or: { T: 'in0', T1: 'out0' },
  Xor: { T: 'in0', T1: 'out0' },
  IsNaN: { T1: 'in0', T2: 'out0' },
  IsInf: { T1: 'in0', T2: 'out0' },
  Greater: { T: 'in0', T1: 'out0' },
  GreaterOrEqual: { T: 'in0', T1: 'out0' },
  Less: { T: 'in0', T1: 'out0' },
  LessOrEqual: { T: 'in0', T1: 'out0' },
  Gather: { T: 'in0', Tind: 'in1' },
  Slice: { T: 'in0', Tind: 'in1' },
  Split: { T: 'in0' },
  Where: { B: 'in0', T: 'in1' },
  BatchNormalization: { T: 'in0', T1: 'in1', T2: 'in3' },
  MaxPool: { T: 'in0', I: 'none' },
  Reshape: { T: 'in0', shape: 'in1' },
};
const DEFAULT_CONSTRAINTS: Readonly<Record<string, string>> = { T: 'in0', V: 'in0', T1: 'in0' };

/** Inputs that kernels read on the host: they must be stored in the model, or a copy would stop the GPU in every run. */
const HOST_INPUTS: Readonly<Record<string, readonly number[]>> = {
  ConstantOfShape: [0],
  Expand: [1],
  Pad: [1],
  ReduceMax: [1],
  ReduceMean: [1],
  ReduceSum: [1],
  ReduceSumSquare: [1],
  Reshape: [1],
  Slice: [1, 2, 3, 4],
  Split: [1],
  Squeeze: [1],
  Tile: [1],
  Unsqueeze: [1],
};

/** Operators whose result is booleans, whatever they are given. */
const BOOLEAN = new Set([
  ...['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'],
  ...['And', 'Or', 'Xor', 'Not', 'IsNaN', 'IsInf'],
]);

const TABLE = readTable();

/** One sentence per node that has no CUDA kernel. */
export function notOnCuda(model: Uint8Array): readonly string[] {
  const { graph, opsetImport } = fromBinary(ModelProtoSchema, model);
  if (graph === undefined) {
    return ['the model has no graph'];
  }
  const opset = Number(opsetImport.find(({ domain }) => domain === '')?.version ?? 0n);
  const types = knownTypes(graph);
  const stored = new Set(graph.initializer.map(({ name }) => name));
  const problems = new Set<string>();
  for (const node of inOrder(graph.node)) {
    const output = outputType(node, types);
    const problem =
      hostInputProblem(node, stored) ??
      (hasKernel(node, opset, types, output) ? null : kernelProblem(node, types));
    node.output.forEach((name) => types.set(name, output));
    if (problem !== null) {
      problems.add(problem);
    }
  }
  return [...problems];
}

/** Number of nodes of a model. */
export function nodeCount(model: Uint8Array): number {
  return fromBinary(ModelProtoSchema, model).graph?.node.length ?? 0;
}

/** Every node after those it reads; training graphs are written the other way round. */
function inOrder(nodes: readonly NodeProto[]): readonly NodeProto[] {
  const makers = new Map(nodes.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const ordered = new Set<NodeProto>();
  // An explicit stack: a chain of nodes may be longer than the call stack is deep.
  const stack = [...nodes];
  while (stack.length > 0) {
    const node = stack.at(-1)!;
    const missing = node.input
      .flatMap((name) => makers.get(name) ?? [])
      .filter((maker) => !ordered.has(maker));
    if (ordered.has(node) || missing.length === 0) {
      ordered.add(node);
      stack.pop();
    } else {
      stack.push(...missing);
    }
  }
  return [...ordered];
}

function knownTypes(graph: GraphProto): Map<string, string> {
  const types = new Map<string, string>();
  for (const { name, type } of graph.input) {
    const code = type?.value.case === 'tensorType' ? type.value.value.elemType : 0;
    types.set(name, TYPE_NAMES[code] ?? 'unknown');
  }
  for (const { name, dataType } of graph.initializer) {
    types.set(name, TYPE_NAMES[dataType] ?? 'unknown');
  }
  return types;
}

function outputType(node: NodeProto, types: ReadonlyMap<string, string>): string {
  const input = (index: number): string => types.get(node.input[index] ?? '') ?? 'unknown';
  switch (node.opType) {
    case 'Cast':
      return TYPE_NAMES[Number(node.attribute.find(({ name }) => name === 'to')?.i ?? 0n)] ?? 'unknown';
    case 'ConstantOfShape':
      return TYPE_NAMES[node.attribute[0]?.t?.dataType ?? 1] ?? 'unknown';
    case 'Where':
      return input(1);
    default:
      return BOOLEAN.has(node.opType) ? 'bool' : input(0);
  }
}

function hasKernel(
  node: NodeProto,
  opset: number,
  types: ReadonlyMap<string, string>,
  output: string,
): boolean {
  const name = node.domain === '' ? node.opType : `${node.domain}.${node.opType}`;
  const since = node.domain === '' ? sinceVersion(node.opType, opset) : 1;
  const places = { ...DEFAULT_CONSTRAINTS, ...CONSTRAINTS[node.opType] };
  const allows = (constraint: string, allowed: string): boolean => {
    const place = places[constraint];
    if (place === undefined) {
      throw new Error(`${name}: say in CONSTRAINTS where its type constraint ${constraint} is to be read`);
    }
    const type = place === 'out0' ? output : types.get(node.input[Number(place.slice(2))] ?? '');
    return place === 'none' || allowed.split(' ').includes(type ?? '');
  };
  return (TABLE.kernels[name] ?? []).some(
    ([first, last, constraints]) =>
      // A kernel without a last opset serves the version it was made for only.
      (first === since || (last !== NO_LAST_OPSET && first < since && since <= last)) &&
      Object.entries(constraints).every(([constraint, allowed]) => allows(constraint, allowed)),
  );
}

/** The version of an operator that an opset means: the newest that is not newer. */
function sinceVersion(operator: string, opset: number): number {
  return Math.max(0, ...(TABLE.versions[operator] ?? []).filter((version) => version <= opset));
}

function hostInputProblem(node: NodeProto, stored: ReadonlySet<string>): string | null {
  const computed = (HOST_INPUTS[node.opType] ?? [])
    .map((index) => node.input[index] ?? '')
    .filter((name) => name !== '' && !stored.has(name));
  return computed.length === 0
    ? null
    : `${node.opType} reads ${computed.join(', ')} on the host, which is computed`;
}

function kernelProblem(node: NodeProto, types: ReadonlyMap<string, string>): string {
  const inputs = node.input.map((name) => types.get(name) ?? 'unknown').join(', ');
  return `${node.opType}(${inputs}) has no CUDA kernel (first met at ${node.name})`;
}

function readTable(): KernelTable {
  const table: unknown = JSON.parse(readFileSync(TABLE_FILE, 'utf8'));
  if (!isTable(table)) {
    throw new TypeError(`${TABLE_FILE.pathname} is no table of kernels: make it with make_kernel_table.py`);
  }
  return table;
}

function isTable(value: unknown): value is KernelTable {
  return typeof value === 'object' && value !== null && 'versions' in value && 'kernels' in value;
}

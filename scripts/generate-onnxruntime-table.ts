/**
 * Writes `trainer-image/engine/onnxruntime/api-table.gen.ts`: where in ONNX Runtime's table of function pointers each
 * function we call lies, and how it is called. In: the public header `onnxruntime_c_api.h` of any release since 1.15
 * (the table only ever grows at its end, so every later library agrees). Run by hand when a function is added:
 * `node scripts/generate-onnxruntime-table.ts path/to/onnxruntime_c_api.h`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { argv, stdout } from 'node:process';

const OUTPUT = new URL('../trainer-image/engine/onnxruntime/api-table.gen.ts', import.meta.url);

const USED = [
  'CreateStatus',
  'GetErrorCode',
  'GetErrorMessage',
  'ReleaseStatus',
  'GetBuildInfoString',
  'CreateEnv',
  'ReleaseEnv',
  'CreateArenaCfg',
  'ReleaseArenaCfg',
  'CreateAndRegisterAllocator',
  'CreateAndRegisterAllocatorV2',
  'CreateMemoryInfo',
  'MemoryInfoGetName',
  'ReleaseMemoryInfo',
  'GetAllocatorWithDefaultOptions',
  'AllocatorFree',
  'CreateSessionOptions',
  'DisableMemPattern',
  'SetSessionLogSeverityLevel',
  'SetSessionGraphOptimizationLevel',
  'SetIntraOpNumThreads',
  'SetInterOpNumThreads',
  'AddSessionConfigEntry',
  'ReleaseSessionOptions',
  'CreateSessionFromArray',
  'ReleaseSession',
  'SessionGetInputCount',
  'SessionGetOutputCount',
  'SessionGetInputName',
  'SessionGetOutputName',
  'SessionGetInputTypeInfo',
  'SessionGetOutputTypeInfo',
  'CastTypeInfoToTensorInfo',
  'GetTensorElementType',
  'GetDimensionsCount',
  'GetDimensions',
  'ReleaseTypeInfo',
  'CreateTensorWithDataAsOrtValue',
  'CreateTensorAsOrtValue',
  'GetTensorMutableData',
  'ReleaseValue',
  'CreateIoBinding',
  'BindInput',
  'BindOutput',
  'ReleaseIoBinding',
  'CreateRunOptions',
  'AddRunConfigEntry',
  'RunOptionsSetTerminate',
  'RunOptionsUnsetTerminate',
  'ReleaseRunOptions',
  'RunWithBinding',
  'CreateAllocator',
  'ReleaseAllocator',
  'SynchronizeBoundInputs',
  'SynchronizeBoundOutputs',
  'CreateCUDAProviderOptions',
  'UpdateCUDAProviderOptions',
  'GetCUDAProviderOptionsAsString',
  'ReleaseCUDAProviderOptions',
  'CreateCustomOpDomain',
  'CustomOpDomain_Add',
  'AddCustomOpDomain',
  'ReleaseCustomOpDomain',
  'KernelInfoGetAttribute_int64',
  'SessionOptionsAppendExecutionProvider_CUDA_V2',
];

interface Entry {
  readonly index: number;
  readonly since: number;
  readonly result: string;
  readonly args: readonly string[];
}

/** The members of `struct OrtApi`, in order; `since` is the API version their comments name (1 when they name none). */
function parseHeader(header: string): ReadonlyMap<string, Entry> {
  const body = /^struct OrtApi \{([\s\S]*?)^\};/m.exec(header)?.[1];
  if (body === undefined) {
    throw new Error('no "struct OrtApi" in this file: give onnxruntime_c_api.h');
  }
  const statements = body
    .replace(/\\since Version 1\.(\d+)/g, '*/ since($1) /*')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\/\/.*$|^#.*$/gm, '')
    .replace(/\s+/g, ' ')
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
  const entries = new Map<string, Entry>();
  let since = 1;
  for (const statement of statements) {
    since = Number(/since\((\d+)\)/.exec(statement)?.[1] ?? since);
    const { name, result, args } = parseMember(statement.replace(/since\(\d+\)/g, '').trim());
    entries.set(name, { index: entries.size, since, result, args });
  }
  return entries;
}

function parseMember(member: string): { name: string; result: string; args: readonly string[] } {
  const released = /^ORT_CLASS_RELEASE2?\((\w+)\)/.exec(member)?.[1];
  if (released !== undefined) {
    return { name: `Release${released}`, result: 'void', args: ['pointer'] };
  }
  const [, name, list] = /^ORT_API2_STATUS\((\w+)(.*)\)/.exec(member) ?? [];
  if (name !== undefined) {
    return { name, result: 'status', args: argumentKinds(list) };
  }
  const [, type, plainName, plainList] =
    /^(?:ORT_API_T\()?(.*?)(?:\( ?ORT_API_CALL ?\* ?|, )(\w+)\)?(.*)$/.exec(member) ?? [];
  if (type === undefined || plainName === undefined) {
    throw new Error(`this member of struct OrtApi has a form not known yet: ${member}`);
  }
  return {
    name: plainName,
    result: kindOf(type),
    args: argumentKinds(plainList?.replace(/\)[^)]*$/, '').replace(/^\(/, '')),
  };
}

function argumentKinds(list = ''): readonly string[] {
  return list
    .replace(/_\w+_\([^)]*\)|\b_\w+_\b/g, '')
    .split(',')
    .map((argument) => argument.trim())
    .filter((argument) => argument !== '' && argument !== 'void')
    .map((argument) => kindOf(argument.replace(/\w+$/, '')));
}

function kindOf(type: string): string {
  const plain = type.replace(/\s+/g, ' ').trim();
  if (plain === 'const char*') {
    return 'string';
  }
  if (plain.includes('*')) {
    return 'pointer';
  }
  if (plain === 'size_t') {
    return 'size';
  }
  return plain === 'void' ? 'void' : 'int';
}

function render(entries: ReadonlyMap<string, Entry>): string {
  const used = USED.map((name) => {
    const entry = entries.get(name);
    if (entry === undefined) {
      throw new Error(`this header has no function ${name}: take a newer one`);
    }
    return { name, ...entry };
  }).sort((left, right) => left.index - right.index);
  const lines = used.map(
    ({ name, index, result, args }) =>
      `  ${name}: { index: ${String(index)}, result: '${result}', args: [${args.map((kind) => `'${kind}'`).join(', ')}] },`,
  );
  return `// Generated by scripts/generate-onnxruntime-table.ts from onnxruntime_c_api.h; not to be edited.
// Index into the table that OrtApiBase::GetApi answers with, kind of result, kinds of arguments.

/** The lowest API version that has every function below. */
export const REQUIRED_API_VERSION = ${String(Math.max(...used.map(({ since }) => since)))};

export const API_TABLE = {
${lines.join('\n')}
} as const;
`;
}

const [headerPath] = argv.slice(2);
if (headerPath === undefined) {
  throw new Error('usage: node scripts/generate-onnxruntime-table.ts path/to/onnxruntime_c_api.h');
}
writeFileSync(OUTPUT, render(parseHeader(readFileSync(headerPath, 'utf8'))));
stdout.write(`wrote ${OUTPUT.pathname}\n`);

/**
 * The two operators of an exchange, `multigrid.Give` and `multigrid.Take`, as custom operators of ONNX Runtime whose kernels are
 * functions of the C library: `sem_post` and `sem_wait`. In: the semaphores of a session, two for each exchange: its numbers are
 * there; what came of them is. Out: a domain for the session's options. Nothing of ours runs in a step but the semaphores.
 *
 * A kernel's compute function gets what CreateKernel answered, here the address of a semaphore, and the run's context, which a
 * function of one argument does not see. What it returns is not looked at. Inputs and results of the kernels lie in bound memory.
 */
import { type Address, addressOf, callback, functionAddress, toAddress } from '../../native/c-library.ts';
import { type Semaphores, semaphoreFunctions } from '../../native/semaphores.ts';
import type { NativeApi } from './api.ts';

/** OrtCustomOp: a version, then pointers to functions, each at its place; those left out are null. */
const PLACES = {
  CreateKernel: 1,
  GetName: 2,
  GetExecutionProviderType: 3,
  GetInputType: 4,
  GetInputTypeCount: 5,
  GetOutputType: 6,
  GetOutputTypeCount: 7,
  KernelCompute: 8,
  KernelDestroy: 9,
  GetInputCharacteristic: 10,
  GetOutputCharacteristic: 11,
  GetInputMemoryType: 12,
  GetStartVersion: 20,
  GetEndVersion: 21,
} as const;
const STRUCT_WORDS = 26;
/** The runtime reads of a struct what this version of its API has. */
const STRUCT_VERSION = 16n;
const FLOAT32 = 1;
const LAST_VERSION = 0x7fff_ffff;

/** What the runtime asks an operator for. */
interface Operator {
  /** Its OrtCustomOp. */
  readonly struct: BigUint64Array;
  readonly name: Uint8Array;
  readonly inputs: number;
  /** The semaphore of a node. */
  readonly semaphoreOf: (kernelInfo: Address) => Address;
}

/** By the address of the struct, which comes with every question. */
const operators = new Map<Address, Operator>();
/** The answers, made once for all operators. */
let answers: ReadonlyMap<keyof typeof PLACES, Address> | null = null;

export interface ExchangeOperators {
  /** For `AddCustomOpDomain`. */
  readonly domain: Address;
  /** Once no session has them any more. */
  release(): void;
}

export function openExchangeOperators(api: NativeApi, semaphores: Semaphores): ExchangeOperators {
  const { wait, post } = semaphoreFunctions();
  const signal = (place: number) => (kernelInfo: Address) =>
    semaphores.address(2 * Number(api.get('KernelInfoGetAttribute_int64', kernelInfo, 'index')) + place);
  const structs = [
    addOperator({ name: 'Give', inputs: 2, compute: post, semaphoreOf: signal(0) }),
    addOperator({ name: 'Take', inputs: 1, compute: wait, semaphoreOf: signal(1) }),
  ];
  const domain = api.get('CreateCustomOpDomain', 'multigrid');
  structs.forEach((struct) => {
    api.call('CustomOpDomain_Add', domain, struct);
  });
  return {
    domain,
    release: () => {
      api.release('ReleaseCustomOpDomain', domain);
      structs.forEach((struct) => operators.delete(struct));
    },
  };
}

/** @param compute - the C function that a node of it calls */
function addOperator({
  name,
  compute,
  ...asked
}: Pick<Operator, 'inputs' | 'semaphoreOf'> & { readonly name: string; readonly compute: Address }): Address {
  answers ??= makeAnswers();
  const struct = new BigUint64Array(STRUCT_WORDS);
  struct[0] = STRUCT_VERSION;
  for (const [field, answer] of answers) {
    struct[PLACES[field]] = answer;
  }
  struct[PLACES.KernelCompute] = compute;
  const address = addressOf(struct);
  operators.set(address, { ...asked, struct, name: new TextEncoder().encode(`${name}\0`) });
  return address;
}

function makeAnswers(): ReadonlyMap<keyof typeof PLACES, Address> {
  const about = (
    result: string,
    answer: (operator: Operator, kernelInfo: Address) => Address | number,
  ): Address =>
    // The second argument is a place in a list but for CreateKernel, whose third is the node.
    callback(result, ['void *', 'void *', 'void *'], (op, _second, third) => {
      const operator = operators.get(toAddress(op));
      return operator === undefined ? 0 : answer(operator, toAddress(third));
    });
  const float32 = about('int', () => FLOAT32);
  const required = about('int', () => 0);
  return new Map([
    ['CreateKernel', about('void *', ({ semaphoreOf }, kernelInfo) => semaphoreOf(kernelInfo))],
    ['GetName', about('void *', ({ name }) => addressOf(name))],
    // Null: of the processor.
    ['GetExecutionProviderType', about('void *', () => 0n)],
    ['GetInputType', float32],
    ['GetInputTypeCount', about('size_t', ({ inputs }) => inputs)],
    ['GetOutputType', float32],
    ['GetOutputTypeCount', about('size_t', () => 1)],
    // Takes an address and has nothing to do.
    ['KernelDestroy', functionAddress('libc.so.6', 'abs')],
    ['GetInputCharacteristic', required],
    ['GetOutputCharacteristic', required],
    ['GetInputMemoryType', about('int', () => 0)],
    ['GetStartVersion', about('int', () => 1)],
    ['GetEndVersion', about('int', () => LAST_VERSION)],
  ]);
}

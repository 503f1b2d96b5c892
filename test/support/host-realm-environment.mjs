// The jest environment for every suite. Jest runs tests in a realm of its own, where `Float32Array` is not the host's;
// native addons (ONNX Runtime, koffi, FFmpeg) only accept the host's typed arrays. So the host's are put on the global.
import { TestEnvironment } from 'jest-environment-node';

const HOST_TYPES = {
  ArrayBuffer,
  SharedArrayBuffer,
  DataView,
  Atomics,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
};

export default class HostRealmEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    Object.assign(this.global, HOST_TYPES);
  }
}

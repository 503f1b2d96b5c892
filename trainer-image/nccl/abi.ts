/**
 * Numbers and structs of NCCL's C interface (`nccl.h`), which have been the same since 2.18: enums were only added to, and a
 * library takes the shorter configuration of an older header. In: nothing. Out: constants, and the configuration as bytes.
 */

/** `NCCL_VERSION_CODE` of the oldest library that takes this interface: 2.18.0. */
export const OLDEST_VERSION = 21800;

export const UNIQUE_ID_BYTES = 128;

/** ncclResult_t */
export const RESULT = { success: 0, inProgress: 7 } as const;

/** ncclDataType_t */
export const FLOAT32 = 7;

/** ncclRedOp_t */
export const SUM = 0;

/** ncclConfig_t as of 2.18: `size_t size; unsigned magic, version; int blocking, … ; char *netName; int splitShare`. */
const CONFIG = { bytes: 48, magic: 0xcafebeef, unset: -(2 ** 31) } as const;
const AT = { size: 0, magic: 8, version: 12, blocking: 16, unset: [20, 24, 28, 40] } as const;

/** Calls return at once, and the communicator says what became of them: a rank that hangs can be given up. */
export function nonBlockingConfig(): Uint8Array {
  const bytes = new Uint8Array(CONFIG.bytes);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(AT.size, BigInt(CONFIG.bytes), true);
  view.setUint32(AT.magic, CONFIG.magic, true);
  view.setUint32(AT.version, OLDEST_VERSION, true);
  view.setInt32(AT.blocking, 0, true);
  for (const offset of AT.unset) {
    view.setInt32(offset, CONFIG.unset, true);
  }
  return bytes;
}

/** E.g. `2.31.2` of 23102. */
export function versionText(code: number): string {
  return [Math.floor(code / 10_000), Math.floor((code % 10_000) / 100), code % 100].join('.');
}

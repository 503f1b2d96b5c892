/**
 * The system calls that decoding never makes and an attacker would: sockets, other programs, other processes' memory. In: a
 * processor's architecture. Out: a seccomp filter that answers them with EACCES, as the bytes the kernel takes. Pure.
 * Numbers are those of Linux's syscall tables; the program is classic BPF (linux/filter.h, linux/seccomp.h).
 */

export interface SystemCalls {
  /** AUDIT_ARCH_… of the architecture; calls by any other convention are refused. */
  readonly auditArch: number;
  readonly seccomp: number;
  readonly refused: readonly number[];
}

const X64 = {
  auditArch: 0xc000003e,
  seccomp: 317,
  refused: {
    socket: 41,
    execve: 59,
    ptrace: 101,
    process_vm_readv: 310,
    process_vm_writev: 311,
    execveat: 322,
    io_uring_setup: 425,
    pidfd_getfd: 438,
  },
};

const ARM64 = {
  auditArch: 0xc00000b7,
  seccomp: 277,
  refused: {
    ptrace: 117,
    socket: 198,
    execve: 221,
    process_vm_readv: 270,
    process_vm_writev: 271,
    execveat: 281,
    io_uring_setup: 425,
    pidfd_getfd: 438,
  },
};

/** Numbers above this belong to the x32 convention, which shares the architecture's name with x86-64. */
const X32 = 0x4000_0000;

const LOAD_WORD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const JUMP_IF_GREATER_OR_EQUAL = 0x35;
const RETURN = 0x06;

const ALLOW = 0x7fff_0000;
/** SECCOMP_RET_ERRNO with EACCES. */
const REFUSE = 0x0005_000d;

/** Offsets in `struct seccomp_data`. */
const CALL_NUMBER = 0;
const ARCHITECTURE = 4;

/** @returns null for an architecture whose numbers are not known here */
export function systemCallsOf(arch: string): SystemCalls | null {
  const table = { x64: X64, arm64: ARM64 }[arch];
  return table === undefined ? null : { ...table, refused: Object.values(table.refused) };
}

/** The filter as an array of `struct sock_filter`, 8 bytes each. */
export function filterOf({ auditArch, refused }: SystemCalls): Buffer {
  const checks = refused.length;
  const program: readonly (readonly [code: number, ifTrue: number, ifFalse: number, value: number])[] = [
    [LOAD_WORD, 0, 0, ARCHITECTURE],
    // Jumps count the instructions that are skipped; the last one refuses.
    [JUMP_IF_EQUAL, 0, checks + 3, auditArch],
    [LOAD_WORD, 0, 0, CALL_NUMBER],
    [JUMP_IF_GREATER_OR_EQUAL, checks + 1, 0, X32],
    ...refused.map((call, index) => [JUMP_IF_EQUAL, checks - index, 0, call] as const),
    [RETURN, 0, 0, ALLOW],
    [RETURN, 0, 0, REFUSE],
  ];
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(([code, ifTrue, ifFalse, value], index) => {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(ifTrue, index * 8 + 2);
    bytes.writeUInt8(ifFalse, index * 8 + 3);
    bytes.writeUInt32LE(value, index * 8 + 4);
  });
  return bytes;
}

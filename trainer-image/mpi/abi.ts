/**
 * Constants of the MPI standard's ABI (MPI 5.0, chapter 20; `mpi_abi.h`), which are the same in every library that has it. In:
 * nothing. Out: handles, as wide as a pointer, and numbers.
 */

export const COMM_WORLD = 0x101n;
export const ERRORS_RETURN = 0x143n;
export const SUM = 0x21n;
export const FLOAT = 0x210n;
export const BYTE = 0x247n;
export const REQUEST_NULL = 0x180n;

/** Any thread may call at any time: the thread that computes with others, and the main one that gives them up. */
export const THREAD_MULTIPLE = 4096;

/** MPI_STATUS_IGNORE: nobody asks what came. */
export const STATUS_IGNORE = 0n;

/** MPI_ANY_SOURCE: from whomever. */
export const ANY_SOURCE = -1;

export const SUCCESS = 0;
export const MAX_ERROR_STRING = 512;
export const MAX_LIBRARY_VERSION_STRING = 8192;

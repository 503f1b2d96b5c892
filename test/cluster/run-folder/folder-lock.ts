/**
 * The lock of a run folder: whoever holds it may fill the folder or sweep it, and nobody else. The owner of a cluster
 * holds it while it lives; after it, the reaper or the next owner, whichever comes first.
 */
import { basename } from 'node:path';
import { userInfo } from 'node:os';
import { tryLock, type ProcessLock } from '../locks/process-lock.ts';

/** @returns null when another process has it */
export function tryFolderLock(folder: string): Promise<ProcessLock | null> {
  return tryLock(`cluster/${userInfo().uid}/${basename(folder)}`);
}

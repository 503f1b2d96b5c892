/** The image of the process that keeps a pod's namespaces alive; every node needs it before its first pod. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { packImage } from './pack-image.ts';

/** @returns the tar file */
export async function makePauseImage(runFolder: string, program: string, name: string): Promise<string> {
  const rootfs = join(runFolder, 'pause');
  mkdirSync(rootfs, { recursive: true });
  copyFileSync(program, join(rootfs, 'pause'));
  const tarFile = join(runFolder, 'pause.tar');
  await packImage(rootfs, tarFile, { name, entrypoint: ['/pause'] });
  return tarFile;
}

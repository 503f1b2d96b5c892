/** What tells one content from another: files, plans and objects are compared by it. In: text or bytes. Out: hex digits. */
import { createHash } from 'node:crypto';

/** SHA-256, 64 hex digits in lower case. */
export function sha256Hex(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

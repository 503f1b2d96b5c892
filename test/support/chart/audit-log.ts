/**
 * What somebody asked of a test cluster's API server, from its audit log: which rights were used, which were wanting. In
 * comes a user, out come flags for the API server and a reader of what it wrote.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { valueAt, textAt } from '../../../multigrid/json/fields.ts';

/** `verb group/resource/subresource`, as `patch training.multigrid.dev/multigridtrainingjobs/status`. */
export type Right = string;

export interface AuditLog {
  /** For startControlPlane. */
  readonly apiServerFlags: readonly string[];
  readRights(): Promise<{ readonly used: ReadonlySet<Right>; readonly refused: ReadonlySet<Right> }>;
  remove(): void;
}

/** @param user - as in `system:serviceaccount:NAMESPACE:NAME` */
export function createAuditLog(user: string): AuditLog {
  const folder = mkdtempSync(join(tmpdir(), 'multigrid-audit-'));
  const policy = join(folder, 'policy.yaml');
  const log = join(folder, 'audit.log');
  writeFileSync(
    policy,
    JSON.stringify({
      apiVersion: 'audit.k8s.io/v1',
      kind: 'Policy',
      omitStages: ['RequestReceived'],
      rules: [{ level: 'Metadata', users: [user] }, { level: 'None' }],
    }),
  );
  return {
    apiServerFlags: [`--audit-policy-file=${policy}`, `--audit-log-path=${log}`],
    readRights: async () => {
      const used = new Set<Right>();
      const refused = new Set<Right>();
      const text = await readFile(log, 'utf8').catch(() => '');
      // The last line may be half written.
      for (const line of text.split('\n').slice(0, -1)) {
        const event: unknown = JSON.parse(line);
        const isRefused = textAt(event, 'annotations', 'authorization.k8s.io/decision') === 'forbid';
        (isRefused ? refused : used).add(rightOf(event));
      }
      return { used, refused };
    },
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function rightOf(event: unknown): Right {
  const at = valueAt(event, 'objectRef');
  const resource = [textAt(at, 'resource'), textAt(at, 'subresource')].filter((part) => part !== null);
  return right(textAt(event, 'verb') ?? '', textAt(at, 'apiGroup') ?? '', resource.join('/'));
}

export function right(verb: string, group: string, resource: string): Right {
  return `${verb} ${group === '' ? 'core' : group}/${resource}`;
}

/**
 * One request to the API server of a test cluster as whoever holds a token: for rights and policies, where kubectl would
 * ask for more than the program under test does. Out comes the HTTP status and what the server said.
 */
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { parse } from 'yaml';
import type { ControlPlane } from '../cluster/cluster.ts';

export interface ClusterAnswer {
  readonly code: number;
  readonly body: unknown;
  /** What a `Status` says; empty for any other object. */
  readonly message: string;
}

export interface ClusterRequest {
  readonly token: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: object;
  /** @defaultValue `application/merge-patch+json` for PATCH, else `application/json` */
  readonly contentType?: string;
}

export async function clusterRequest(cluster: ControlPlane, asked: ClusterRequest): Promise<ClusterAnswer> {
  const { token, method, path, body } = asked;
  const usual = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const { promise, resolve, reject } = Promise.withResolvers<ClusterAnswer>();
  const request = httpsRequest(
    new URL(path, cluster.url),
    {
      method,
      ca: authorityOf(cluster),
      headers: { authorization: `Bearer ${token}`, 'content-type': asked.contentType ?? usual },
    },
    (answer) => {
      text(answer).then((said) => {
        const parsed: unknown = JSON.parse(said);
        resolve({ code: answer.statusCode ?? 0, body: parsed, message: messageOf(parsed) });
      }, reject);
    },
  );
  request.on('error', reject);
  request.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}

function authorityOf({ kubeconfig }: ControlPlane): Buffer {
  const config = parse(kubeconfig) as {
    readonly clusters: readonly { readonly cluster: { readonly 'certificate-authority-data': string } }[];
  };
  return Buffer.from(config.clusters[0]?.cluster['certificate-authority-data'] ?? '', 'base64');
}

function messageOf(body: unknown): string {
  return typeof body === 'object' && body !== null && 'message' in body ? String(body.message) : '';
}

/**
 * The certificates of one cluster, made by openssl in a few tenths of a second: an authority, the servers' certificates,
 * and the clients' that Kubernetes knows only by certificate. People and components sign in by token (users.ts).
 */
import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Longer than any cluster lives. */
const DAYS = '30';

/** The path of a certificate's or a key's file. */
export function pemFile(folder: string, name: string, part: 'crt' | 'key' | 'pub'): string {
  return join(folder, `${name}.${part}`);
}

/**
 * @param addresses - every IP address at which the API server or a kubelet is reached
 * @returns the folder with ca, apiserver, kubelet-server, kubelet-client, front-proxy and service-account
 */
export async function makeCertificates(runFolder: string, addresses: readonly string[]): Promise<string> {
  const folder = join(runFolder, 'pki');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeServiceAccountKeys(folder);
  await makeCertificate(folder, 'ca', '/CN=multigrid-test-ca', ['basicConstraints=critical,CA:TRUE']);
  const names = ['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'];
  const alternatives = [...names.map((name) => `DNS:${name}`), ...addresses.map((ip) => `IP:${ip}`)].join(
    ',',
  );
  const leaf = 'basicConstraints=critical,CA:FALSE';
  const server = [leaf, 'extendedKeyUsage=serverAuth', `subjectAltName=${alternatives}`];
  const client = [leaf, 'extendedKeyUsage=clientAuth'];
  await Promise.all([
    makeCertificate(folder, 'apiserver', '/CN=kube-apiserver', server),
    makeCertificate(folder, 'kubelet-server', '/CN=kubelet', server),
    makeCertificate(folder, 'kubelet-client', '/O=system:masters/CN=kube-apiserver-kubelet-client', client),
    makeCertificate(folder, 'front-proxy', '/CN=front-proxy-client', client),
  ]);
  return folder;
}

async function makeCertificate(
  folder: string,
  name: string,
  subject: string,
  extensions: readonly string[],
): Promise<void> {
  const isAuthority = name === 'ca';
  const signer = isAuthority
    ? []
    : ['-CA', pemFile(folder, 'ca', 'crt'), '-CAkey', pemFile(folder, 'ca', 'key')];
  const usage = isAuthority ? 'keyUsage=critical,keyCertSign,cRLSign' : 'keyUsage=critical,digitalSignature';
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', DAYS],
    ...['-subj', subject, '-keyout', pemFile(folder, name, 'key'), '-out', pemFile(folder, name, 'crt')],
    ...signer,
    ...[usage, ...extensions].flatMap((extension) => ['-addext', extension]),
  ]);
}

function writeServiceAccountKeys(folder: string): void {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  writeFileSync(pemFile(folder, 'service-account', 'key'), privateKey, { mode: 0o600 });
  writeFileSync(pemFile(folder, 'service-account', 'pub'), publicKey);
}

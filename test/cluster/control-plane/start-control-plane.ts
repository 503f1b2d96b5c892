/**
 * A real API server without nodes, for tests of everything that the API decides: schemas and CEL, RBAC, admission,
 * watches, server-side apply, Jobs and garbage collection. Several run side by side, each on a loopback address of
 * its own. Boots in about 3 s.
 */
import { readFileSync } from 'node:fs';
import { toolPath } from '../binaries/tool-cache.ts';
import type { BareControlPlane, ControlPlane, ControlPlaneOptions } from '../interface.ts';
import { claimRunFolder, type RunFolder } from '../run-folder/run-folder.ts';
import { makeCertificates } from './certificates.ts';
import { API_SERVICE_ADDRESS, etcdUrl, type Site } from './commands.ts';
import { fakeNodeList, startFakeNodes, type FakeNodes } from './fake-nodes.ts';
import { freePorts } from './free-ports.ts';
import { runKubectl } from './kubectl.ts';
import { Plane, serverUrl } from './plane.ts';
import { countUsableNodes } from './usable-nodes.ts';
import { kubeconfigFile, writeUsers } from './users.ts';
import { waitUntil } from './wait-until.ts';

/** Fake nodes never die, and KWOK renews their leases every 10 s, later on a busy machine. */
const FAKE_NODE_GRACE_SECONDS = 120;

/**
 * @throws ToolMissingError, GoMissingError when the programs are not built
 * @throws ComponentEndedError, WaitedInVainError when it does not boot; nothing is left then
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<BareControlPlane> {
  const folder = await claimRunFolder('plane');
  try {
    return await boot(folder, options);
  } catch (error) {
    await folder.remove();
    throw error;
  }
}

async function boot(folder: RunFolder, options: ControlPlaneOptions): Promise<BareControlPlane> {
  const site = await prepareSite(folder);
  const token = writeUsers(folder.path, site.pki, serverUrl(site), []);
  const plane = await Plane.start({
    site,
    token,
    enter: [],
    apiServerFlags: options.apiServerFlags ?? [],
    nodeGraceSeconds: FAKE_NODE_GRACE_SECONDS,
  });
  const controlPlane = controlPlaneOf(plane, folder);
  if (options.fakeNodes !== undefined) {
    await bringFakeNodes(controlPlane, site, options.fakeNodes);
  }
  return { ...controlPlane, etcdUrl: etcdUrl(site) };
}

async function prepareSite(folder: RunFolder): Promise<Site> {
  const address = `127.77.${folder.number}.1`;
  const ports = await freePorts(address, 5);
  const [apiServer = 0, etcd = 0, etcdPeer = 0, controllerManager = 0, scheduler = 0] = ports;
  return {
    runFolder: folder.path,
    pki: await makeCertificates(folder.path, [address, API_SERVICE_ADDRESS]),
    address,
    ports: { apiServer, etcd, etcdPeer, controllerManager, scheduler },
    toolPath,
  };
}

async function bringFakeNodes(controlPlane: ControlPlane, site: Site, fakes: FakeNodes): Promise<void> {
  startFakeNodes(site, fakes);
  await controlPlane.kubectl(['apply', '--server-side', '-f', '-'], fakeNodeList(fakes));
  await waitUntil(async () => ((await countUsableNodes(controlPlane)) === fakes.count ? true : null), {
    what: `${fakes.count} fake nodes`,
    timeoutMs: 300_000,
    periodMs: 300,
  });
}

/** The part of the interface that both forms of cluster have. */
export function controlPlaneOf(plane: Plane, folder: RunFolder): ControlPlane {
  const kubeconfigPath = kubeconfigFile(folder.path, 'admin');
  return {
    kubeconfigPath,
    kubeconfig: readFileSync(kubeconfigPath, 'utf8'),
    url: plane.url,
    kubectl: (args, input) => runKubectl(kubeconfigPath, args, input),
    stopApiServer: () => plane.stopApiServer(),
    startApiServer: () => plane.startApiServer(),
    restartApiServer: async () => {
      await plane.stopApiServer();
      await plane.startApiServer();
    },
    pauseApiServer: () => {
      plane.pauseApiServer();
      return Promise.resolve();
    },
    resumeApiServer: () => {
      plane.resumeApiServer();
      return Promise.resolve();
    },
    down: () => folder.remove(),
  };
}

/**
 * Where objects live at the API server. In come kinds, namespaces and names, out come paths.
 */
import { API_VERSION, KIND, PLURAL } from '../../../../multigrid/contract/names.ts';

/** Plurals of the kinds that the operator writes. */
const RESOURCES: Readonly<Record<string, string>> = {
  [KIND]: PLURAL,
  ServiceAccount: 'serviceaccounts',
  Role: 'roles',
  RoleBinding: 'rolebindings',
  Secret: 'secrets',
  Service: 'services',
  NetworkPolicy: 'networkpolicies',
  Job: 'jobs',
  Pod: 'pods',
  Event: 'events',
  Lease: 'leases',
  ControllerRevision: 'controllerrevisions',
};

/** @throws TypeError for a kind that nobody here writes. */
export function collectionPath(apiVersion: string, kind: string, namespace: string): string {
  const resource = RESOURCES[kind];
  if (resource === undefined) {
    throw new TypeError(`no resource is known for kind ${kind}`);
  }
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${root}/namespaces/${namespace}/${resource}`;
}

export function objectPath(apiVersion: string, kind: string, namespace: string, name: string): string {
  return `${collectionPath(apiVersion, kind, namespace)}/${name}`;
}

export function trainingJobPath({ namespace = '', name }: { namespace?: string; name: string }): string {
  return objectPath(API_VERSION, KIND, namespace, name);
}

/**
 * The addresses of a cluster with real nodes, from its number: pure. Every cluster has a network for its nodes and one
 * for its pods, so that several run side by side and all are reached from the host. Inside, Services are the same.
 */

export interface NodeAddresses {
  readonly name: string;
  /** 1 and up. */
  readonly index: number;
  readonly ip: string;
  /** Of its pods, as a.b.c.d/24. */
  readonly podNetwork: string;
}

export interface ClusterAddresses {
  /** The control plane's, and the nodes' gateway. */
  readonly plane: string;
  /** This machine's, in the nodes' network. */
  readonly host: string;
  /** The network interface of this machine that leads to the cluster. */
  readonly hostLink: string;
  /** Of all pods, as a.b.c.d/16. */
  readonly podNetwork: string;
  readonly nodes: readonly NodeAddresses[];
}

/** In the Services' range, and by no Service. */
export const DNS_ADDRESS = '10.96.0.10';

/**
 * @param cluster - 0 to 15
 * @param hostLink - the name of this machine's interface
 */
export function clusterAddresses(cluster: number, hostLink: string, nodeCount: number): ClusterAddresses {
  const network = `10.213.${cluster}`;
  const pods = `10.${224 + cluster}`;
  return {
    plane: `${network}.1`,
    host: `${network}.254`,
    hostLink,
    podNetwork: `${pods}.0.0/16`,
    nodes: Array.from({ length: nodeCount }, (_, position) => {
      const index = position + 1;
      return {
        name: `node-${index}`,
        index,
        ip: `${network}.${10 + index}`,
        podNetwork: `${pods}.${index}.0/24`,
      };
    }),
  };
}

/**
 * Whether pods may run on the nodes and stay there. In comes a control plane, out comes how many of its nodes are Ready
 * and have lost the taints of before: the one that evicts can outlast the one that keeps pods away, and a pod that came
 * in between would have to go again. Asked by both forms of cluster until it is all of them.
 */
interface Kubectl {
  kubectl(args: readonly string[]): Promise<string>;
}

const READY_AND_TAINTS =
  '{range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{" "}{.spec.taints}{"\\n"}{end}';

export async function countUsableNodes(plane: Kubectl): Promise<number> {
  const lines = await plane.kubectl(['get', 'nodes', '-o', `jsonpath=${READY_AND_TAINTS}`]);
  return lines.split('\n').filter((line) => line.trim() === 'True').length;
}

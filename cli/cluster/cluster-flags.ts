import { Option } from 'commander';

/** The flag of every command that talks to a cluster; KUBECONFIG stands in for it. */
export function kubeconfigOption(): Option {
  return new Option('--kubeconfig <file>', 'how to reach the cluster').env('KUBECONFIG');
}

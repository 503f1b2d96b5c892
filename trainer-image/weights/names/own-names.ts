/**
 * Our own names of a network's tensors in weight files: parameters are called what the network calls them, population
 * statistics what their batch norm is called, with an ending.
 */

/** Population mean of a batch norm, `[channels]`. */
export function meanName(norm: string): string {
  return `${norm}.mean`;
}

/** Population variance of a batch norm, `[channels]`. */
export function varianceName(norm: string): string {
  return `${norm}.variance`;
}

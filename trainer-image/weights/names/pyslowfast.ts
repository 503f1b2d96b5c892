/**
 * PySlowFast's names (facebookresearch/SlowFast, `slowfast/models`): stages count from s2, pathway 0 is the slow one or
 * the only one, pathway 1 the fast one.
 */
import { blockRows, type NameRow, type NameTable } from './name-table.ts';

const BLOCK = {
  a: ['branch2.a', 'branch2.a_bn'],
  b: ['branch2.b', 'branch2.b_bn'],
  c: ['branch2.c', 'branch2.c_bn'],
  projection: ['branch1', 'branch1_bn'],
} as const;

function pathwayRows(prefix: string, pathway: 0 | 1): readonly NameRow[] {
  const stem = `s1.pathway${pathway}_stem`;
  const block = `${prefix}stage{stage}.block{block}`;
  const nonLocal = `s{stage+1}.pathway${pathway}_nonlocal{block}`;
  return [
    { label: `${prefix}stem`, layer: `${stem}.conv`, norm: `${stem}.bn` },
    ...blockRows(block, `s{stage+1}.pathway${pathway}_res{block}`, BLOCK),
    { label: `${block}.nonLocal.theta`, layer: `${nonLocal}.conv_theta` },
    { label: `${block}.nonLocal.phi`, layer: `${nonLocal}.conv_phi` },
    { label: `${block}.nonLocal.g`, layer: `${nonLocal}.conv_g` },
    { label: `${block}.nonLocal.out`, layer: `${nonLocal}.conv_out` },
    { label: `${block}.nonLocal`, norm: `${nonLocal}.norm` },
  ];
}

export const PYSLOWFAST: NameTable = {
  kind: 'pyslowfast',
  title: 'PySlowFast',
  rows: [
    ...pathwayRows('', 0),
    ...pathwayRows('slow.', 0),
    ...pathwayRows('fast.', 1),
    { label: 'lateral{stage}', layer: 's{stage+1}_fuse.conv_f2s', norm: 's{stage+1}_fuse.bn' },
    { label: 'head', layer: 'head.projection' },
  ],
};

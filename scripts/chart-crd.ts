/**
 * The CRD as a template of the chart: its text as it is, with the chart's labels, and kept in the cluster when the chart
 * goes. In comes the CRD's text, out comes the template's. Pure.
 *
 * In templates/, not in crds/, which Helm installs once and never upgrades.
 */

const HEAD = /^metadata:\n((?: {2}.*\n)+)/m;

/** @throws when the CRD's head is not of the form that this knows */
export function crdTemplate(crd: string, source: string): string {
  const body = crd.replace(/^(?:#.*\n)+/, '');
  if (!HEAD.test(body)) {
    throw new Error(`${source} has no metadata at its beginning`);
  }
  const escaped = body.replaceAll(/\{\{|\}\}/g, (braces) => `{{ "${braces}" }}`);
  const template = escaped.replace(
    HEAD,
    (_, fields: string) => `metadata:
${fields}  labels:
    {{- include "multigrid-operator.labels" . | nindent 4 }}
  {{- if .Values.crds.keep }}
  annotations:
    helm.sh/resource-policy: keep
  {{- end }}
`,
  );
  return `{{- /* Generated from ${source} by scripts/generate-chart.ts. Do not edit. */}}
{{- if .Values.crds.install }}
${template}{{- end }}
`;
}

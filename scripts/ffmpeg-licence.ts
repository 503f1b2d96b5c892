/**
 * What a build of FFmpeg is licensed as, and how a bill of materials says so. In: the version and the configure flags that
 * the build reports of itself. Out: SPDX packages of FFmpeg and of the copyleft libraries in it. Pure.
 * The rules are those of FFmpeg's own LICENSE.md.
 */

/** What a build says of itself. */
export interface FFmpegBuild {
  readonly version: string;
  /** The flags that `configure` was run with, separated by spaces. */
  readonly configuration: string;
}

export interface SpdxPackage {
  readonly name: string;
  readonly SPDXID: string;
  readonly [field: string]: unknown;
}

export interface SpdxDocument {
  readonly packages: readonly SpdxPackage[];
  readonly relationships: readonly object[];
  readonly [field: string]: unknown;
}

export function isSpdxDocument(value: unknown): value is SpdxDocument {
  return (
    typeof value === 'object' &&
    value !== null &&
    'packages' in value &&
    Array.isArray(value.packages) &&
    'relationships' in value &&
    Array.isArray(value.relationships)
  );
}

/** The build may not be given to anybody. */
export class NotDistributableError extends Error {
  override readonly name = 'NotDistributableError';
}

/** Libraries under the GPL that a build can have in it, with their own licences. */
const COPYLEFT: Readonly<Record<string, string>> = {
  libx264: 'GPL-2.0-or-later',
  libx265: 'GPL-2.0-or-later',
  libxvid: 'GPL-2.0-or-later',
  libvidstab: 'GPL-2.0-or-later',
  librubberband: 'GPL-2.0-or-later',
  libzvbi: 'LGPL-2.1-or-later',
};

/**
 * The licence of a build by its flags, as an SPDX expression.
 *
 * @throws NotDistributableError for a build with `--enable-nonfree`.
 */
export function licenceOf({ configuration }: FFmpegBuild): string {
  const flags = new Set(configuration.split(/\s+/u));
  if (flags.has('--enable-nonfree')) {
    throw new NotDistributableError(
      'this FFmpeg was built with --enable-nonfree and may not be distributed: build the image with another one',
    );
  }
  const isVersion3 = flags.has('--enable-version3');
  if (flags.has('--enable-gpl')) {
    return isVersion3 ? 'GPL-3.0-or-later' : 'GPL-2.0-or-later';
  }
  return isVersion3 ? 'LGPL-3.0-or-later' : 'LGPL-2.1-or-later';
}

/** FFmpeg and the copyleft libraries linked into it, as SPDX packages. */
export function ffmpegPackages(build: FFmpegBuild): readonly SpdxPackage[] {
  const flags = new Set(build.configuration.split(/\s+/u));
  const libraries = Object.entries(COPYLEFT).filter(([library]) => flags.has(`--enable-${library}`));
  return [
    spdxPackage('ffmpeg', { version: build.version, licence: licenceOf(build) }),
    ...libraries.map(([library, licence]) =>
      spdxPackage(library.replace(/^lib/u, ''), { version: 'NOASSERTION', licence }),
    ),
  ];
}

function spdxPackage(name: string, of: { readonly version: string; readonly licence: string }): SpdxPackage {
  return {
    name,
    SPDXID: `SPDXRef-Linked-${name}`,
    versionInfo: of.version,
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    licenseDeclared: of.licence,
    licenseConcluded: of.licence,
  };
}

/**
 * A document with further packages that a package of it has linked into it.
 *
 * @throws RangeError when the document does not have the package `carrier`.
 */
export function withPackages(
  document: SpdxDocument,
  carrier: string,
  linked: readonly SpdxPackage[],
): SpdxDocument {
  const found = document.packages.find(({ name }) => name === carrier);
  if (found === undefined) {
    throw new RangeError(`the bill of materials has no package ${carrier}`);
  }
  return {
    ...document,
    packages: [...document.packages, ...linked],
    relationships: [
      ...document.relationships,
      ...linked.map(({ SPDXID }) => ({
        spdxElementId: found.SPDXID,
        relatedSpdxElement: SPDXID,
        relationshipType: 'STATIC_LINK',
      })),
    ],
  };
}

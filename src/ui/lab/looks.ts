/** How up to six losses are told apart in one picture: a letter, a colour and a dash each, never a colour alone. */

export interface LossLook {
  readonly letter: string;
  readonly colour: string;
  readonly dash: string;
}

export const mostLosses = 6;

const dashes = ['none', '7 3', '2 2', '8 2 2 2', '4 2 1 2', '1 2'];

/** By its place among the chosen ones. */
export function lossLook(place: number): LossLook {
  const at = place % mostLosses;
  return {
    letter: String.fromCharCode(65 + at),
    colour: `var(--loss-${at + 1})`,
    dash: dashes[at] ?? 'none',
  };
}

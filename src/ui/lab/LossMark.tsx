/** The letter of a loss in its colour, with its dash under it: the key to arrows and tables. */
import { lossLook } from './looks.ts';

export function LossMark({ place }: { place: number }) {
  const { letter, colour, dash } = lossLook(place);
  return (
    <span className="loss-mark" style={{ color: colour }}>
      {letter}
      <svg viewBox="0 0 18 3" aria-hidden="true">
        <line x1="0" x2="18" y1="1.5" y2="1.5" stroke="currentColor" strokeWidth="2" strokeDasharray={dash} />
      </svg>
    </span>
  );
}

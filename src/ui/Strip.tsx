/** Ten samples under an arm, each marked right or wrong by sign as well as colour, with what was answered instead. */
import type { StripMark } from '../store/distributions.ts';
import { SampleImage } from './SampleImage.tsx';
import { t } from './text.ts';

interface Props {
  readonly marks: readonly StripMark[];
  readonly inputs: Float32Array;
  readonly side: number;
  readonly classNames: readonly string[];
  readonly name: string;
  readonly selected: number;
}

export function Strip({ marks, inputs, side, classNames, name, selected }: Props) {
  const right = marks.filter((mark) => mark.answer === mark.label).length;
  const size = side * side;
  return (
    <div className="strip" role="img" aria-label={t('strip.described', { name, right, n: marks.length })}>
      {marks.map((mark) => {
        const good = mark.answer === mark.label;
        const tone = good ? 'is-right' : 'is-wrong';
        return (
          <span key={mark.row} className={`strip-cell ${tone} ${mark.row === selected ? 'is-selected' : ''}`}>
            <SampleImage input={inputs.subarray(mark.row * size, (mark.row + 1) * size)} side={side} />
            <span className="strip-mark">{good ? '✓' : classNames[mark.answer]}</span>
          </span>
        );
      })}
    </div>
  );
}

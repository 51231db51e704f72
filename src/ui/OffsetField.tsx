/** The offset of left-out classes: a way of judging every arm, never trained, matched on validation at a click. */
import { limits } from '../spec/limits.ts';
import { largestOffset } from '../store/headline.ts';
import type { Run } from '../store/run.ts';
import { useScene } from './appContext.tsx';
import { Slider } from './Slider.tsx';
import { figures, t } from './text.ts';
import { useView } from './useView.ts';

export function OffsetField({ run }: { run: Run | null }) {
  const log = useScene(run);
  const { view, setView } = useView();
  if (run === null || log === null || run.spec.data.leaveOut.length === 0) return null;
  const distilled = run.spec.arms.findIndex((arm) => arm.kind === 'distilled');
  const matched = log.last?.arms[distilled]?.leftOut[0]?.matchedOffset;
  const set = (offset: number) => setView({ offset: Math.min(largestOffset, offset) });
  return (
    <div>
      <Slider
        path="evaluation.offset"
        label={t('offset.label')}
        value={view.offset}
        min={0}
        max={largestOffset}
        hard={{ min: limits.offset.min, max: largestOffset }}
        badge={t('field.judging')}
        hint={t('offset.hint')}
        onChange={set}
      />
      {matched === undefined || matched === view.offset || matched > largestOffset ? null : (
        <button type="button" className="link" onClick={() => set(matched)}>
          {t('offset.match', { offset: figures(matched) })}
        </button>
      )}
    </div>
  );
}

/** The temperature that the picture is looked at with, and the one click that makes it the training temperature. */
import { limits } from '../spec/limits.ts';
import type { Run } from '../store/run.ts';
import { useApp, useController } from './appContext.tsx';
import { useLocked } from './Lockable.tsx';
import { Slider } from './Slider.tsx';
import { figures, t } from './text.ts';
import { useView } from './useView.ts';

export function ViewTemperature({ run }: { run: Run }) {
  const { view, setView } = useView();
  const controller = useController();
  const locked = useLocked('objective.temperature');
  const live = run.origin === 'live';
  // A recorded run was trained as it was, whatever the controls say by now.
  const drafted = useApp((state) => state.draft.objective.temperature);
  const trained = run.origin === 'recording' ? run.spec.objective.temperature : drafted;
  const same = Math.abs(trained - view.temperature) < 1e-9;
  return (
    <div className="view-temperature">
      <Slider
        label={t('view.temperature')}
        value={view.temperature}
        min={0.5}
        max={64}
        hard={limits.temperature}
        scale="log"
        spoken={(value) => t('view.spoken', { T: figures(value), direction: direction(value, trained) })}
        ends={[t('view.sharper'), t('view.softer')]}
        onChange={(temperature) => setView({ temperature, follows: false })}
      />
      <p className="hint">
        {same
          ? t('view.same', { T: figures(trained) })
          : t(live ? 'view.otherLive' : 'view.other', { T: figures(trained) })}{' '}
        {same || !live ? null : (
          <button
            type="button"
            className="link"
            disabled={locked}
            title={locked ? t('locked.reason') : undefined}
            onClick={() => controller.edit('objective.temperature', view.temperature)}
          >
            {t('view.train', { T: figures(view.temperature) })}
          </button>
        )}
        {same || live ? null : (
          <button
            type="button"
            className="link"
            onClick={() => setView({ temperature: trained, follows: true })}
          >
            {t('view.back')}
          </button>
        )}
      </p>
    </div>
  );
}

function direction(value: number, trained: number): string {
  if (Math.abs(value / trained - 1) < 0.02) return t('view.equal');
  return value > trained ? t('view.softer') : t('view.sharper');
}

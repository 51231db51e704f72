/** Which class was answered for which, per arm: a real table whose cells are coloured, so that it can be read aloud. */
import type { Run } from '../store/run.ts';
import { useScene } from './appContext.tsx';
import { armLook, armName, armsInOrder, text } from './palette.ts';
import { count, percent, t } from './text.ts';

/** More classes than this do not fit as a map. */
const most = 20;

export function Confusion({ run }: { run: Run }) {
  const log = useScene(run);
  const names = run.facts?.classNames ?? [];
  const last = log?.last;
  if (last === undefined || names.length === 0) return <p className="quiet">{t('confusion.none')}</p>;
  if (names.length > most) return <p className="quiet">{t('confusion.many', { n: names.length })}</p>;
  // A recording keeps it of its end alone.
  if (last.arms.every(({ confusion }) => confusion.length === 0))
    return <p className="quiet">{t('confusion.atEnd')}</p>;
  return (
    <>
      <p className="hint">{t('confusion.hint')}</p>
      <div className="confusions">
        {armsInOrder(run.spec.arms).map((arm) => {
          const evaluation = last.arms[arm];
          if (evaluation === undefined) return null;
          return (
            <ConfusionTable
              key={arm}
              name={armName(run.spec.arms, arm)}
              colour={text(armLook(run.spec.arms, arm))}
              stem={armLook(run.spec.arms, arm).stem}
              names={names}
              confusion={evaluation.confusion}
              leftOut={run.spec.data.leaveOut}
            />
          );
        })}
      </div>
    </>
  );
}

interface Props {
  readonly name: string;
  readonly colour: string;
  readonly stem: string;
  readonly names: readonly string[];
  readonly confusion: readonly number[];
  readonly leftOut: readonly number[];
}

function ConfusionTable({ name, colour, stem, names, confusion, leftOut }: Props) {
  const n = names.length;
  return (
    <table className="confusion">
      <caption style={{ color: colour }}>{name}</caption>
      <thead>
        <tr>
          <th scope="col">
            <span className="visually-hidden">{t('confusion.corner')}</span>
          </th>
          {names.map((column) => (
            <th key={column} scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {names.map((row, truth) => {
          const cells = confusion.slice(truth * n, (truth + 1) * n);
          const total = cells.reduce((sum, value) => sum + value, 0);
          return (
            <tr key={row} className={leftOut.includes(truth) ? 'is-left-out' : undefined}>
              <th scope="row">{row}</th>
              {cells.map((value, guess) => (
                <Cell
                  key={names[guess]}
                  value={value}
                  share={total > 0 ? value / total : 0}
                  stem={stem}
                  right={guess === truth}
                />
              ))}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Cell({ value, share, stem, right }: { value: number; share: number; stem: string; right: boolean }) {
  // The root makes single mistakes visible beside full cells.
  const strength = Math.round(100 * Math.sqrt(share));
  return (
    <td
      className={right ? 'is-right' : undefined}
      style={{ background: `color-mix(in oklab, var(--${stem}) ${strength}%, var(--surface))` }}
      title={`${count(value)} · ${percent(share)}`}
    >
      <span className="visually-hidden">{count(value)}</span>
    </td>
  );
}

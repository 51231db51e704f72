/**
 * The checks of one loss, a line each: what was found, with its figure, by sign and word as well as by colour. The first
 * time a person asks for them, since they open the GPU; after that they follow the formula.
 */
import { useEffect, useRef, useState } from 'react';
import type { CheckedLoss, CheckLine, LossReport } from '../../protocol/checks.ts';
import { askChecks } from '../../store/questions.ts';
import { useApp, useController } from '../appContext.tsx';
import { figures, fixed } from '../text.ts';
import { signs } from './reports.ts';
import { l } from './words.ts';

const pause = 500;

export function ChecksPanel({ loss }: { loss: CheckedLoss }) {
  const controller = useController();
  const opened = useApp((state) => state.gate !== null);
  const [report, setReport] = useState<LossReport | null>(null);
  const [busy, setBusy] = useState(false);
  const asked = useRef('');
  const wanted = JSON.stringify(loss);
  const ask = useRef(async () => {});
  ask.current = async () => {
    asked.current = wanted;
    setBusy(true);
    const reports = await controller.ask((live) => askChecks(live, [loss]));
    // Whoever typed on meanwhile has asked again.
    if (asked.current !== wanted) return;
    setBusy(false);
    setReport(reports?.[0] ?? null);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again for another loss alone
  useEffect(() => {
    if (!opened) return;
    const timer = setTimeout(() => void ask.current(), pause);
    return () => clearTimeout(timer);
  }, [wanted, opened]);
  return (
    <section className="checks" aria-labelledby="checks-title">
      <h3 id="checks-title">{l('checks.title')}</h3>
      {report === null ? (
        <>
          <p className="hint">{l('checks.about')}</p>
          <button type="button" disabled={busy} onClick={() => void ask.current()}>
            {l(busy ? 'checks.busy' : 'checks.ask')}
          </button>
        </>
      ) : (
        <>
          <CheckLines lines={report.lines} />
          <p className="hint" role="status">
            {busy
              ? l('checks.busy')
              : l(summaryOf(report), { seconds: fixed(report.milliseconds / 1000, 2) })}
          </p>
        </>
      )}
    </section>
  );
}

function summaryOf({ lines }: LossReport): 'checks.allGood' | 'checks.someBad' {
  return lines.some(({ verdict }) => verdict === 'fail') ? 'checks.someBad' : 'checks.allGood';
}

function CheckLines({ lines }: { lines: readonly CheckLine[] }) {
  return (
    <ul className="check-lines">
      {lines.map(({ check, verdict, says, figure, remedy }) => (
        <li key={check} className={`is-${verdict}`}>
          <span className="check-sign" aria-hidden="true">
            {signs[verdict]}
          </span>
          <span>
            <strong>{l(`check.${check}`)}</strong>
            <span className="visually-hidden"> {l(`verdict.${verdict}`)}</span>
            {verdict === 'skipped' ? null : (
              <span className="quiet">
                {' '}
                {says}
                {remedy === undefined ? '' : `. ${remedy}`}
              </span>
            )}
          </span>
          <span className="check-figure">
            {figure === null || verdict === 'skipped' ? '' : figures(figure)}
          </span>
        </li>
      ))}
    </ul>
  );
}

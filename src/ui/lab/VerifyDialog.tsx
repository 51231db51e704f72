/** Every loss of the catalogue checked on this GPU, one after the other, with a report that can be copied. */
import { useState } from 'react';
import type { CheckLine, CheckName, LossReport } from '../../protocol/checks.ts';
import { askChecks } from '../../store/questions.ts';
import { useApp, useController } from '../appContext.tsx';
import { Dialog } from '../Dialog.tsx';
import { figures } from '../text.ts';
import { CopyButton } from './CopyButton.tsx';
import { reportText, signs } from './reports.ts';
import { l } from './words.ts';

const columns: readonly CheckName[] = ['gpu-gradient', 'differences', 'finite', 'zero', 'cost'];

export function VerifyDialog() {
  const controller = useController();
  const adapter = useApp((state) => state.gate?.adapter ?? null);
  const [reports, setReports] = useState<readonly LossReport[]>([]);
  const [count, setCount] = useState(0);
  const [busy, setBusy] = useState(false);
  const verify = async () => {
    setBusy(true);
    setReports([]);
    const all = await controller.ask((live) =>
      askChecks(live, 'catalogue', (report, _, of) => {
        setCount(of);
        setReports((known) => [...known, report]);
      }),
    );
    if (all !== null) setReports(all);
    setBusy(false);
  };
  const bad = reports.filter(({ lines }) => lines.some(({ verdict }) => verdict === 'fail'));
  const done = !busy && reports.length > 0;
  return (
    <Dialog title={l('verify.title')} broad>
      <p>{l('verify.about')}</p>
      <div className="row wrap">
        <button type="button" className="primary" disabled={busy} onClick={() => void verify()}>
          {l(busy ? 'checks.busy' : 'verify.begin')}
        </button>
        {done ? <CopyButton text={() => reportText(reports, adapter)} /> : null}
        {busy ? (
          <progress max={Math.max(1, count)} value={reports.length} aria-label={l('verify.title')} />
        ) : null}
      </div>
      <p role="status" className="small">
        {done
          ? l(bad.length === 0 ? 'verify.allGood' : 'verify.someBad', { n: reports.length, bad: bad.length })
          : ''}
      </p>
      {reports.length === 0 ? null : <Table reports={reports} />}
    </Dialog>
  );
}

function Table({ reports }: { reports: readonly LossReport[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
    <div className="table-box verify-box" tabIndex={0}>
      <table className="verify-table">
        <thead>
          <tr>
            <th scope="col">{l('lens.loss')}</th>
            {columns.map((check) => (
              <th key={check} scope="col">
                {l(`check.${check}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {reports.map(({ loss, title, lines }) => (
            <tr key={`${loss.id}${JSON.stringify(loss.parameters)}`}>
              <th scope="row">{title}</th>
              {columns.map((check) => (
                <Cell key={check} line={lines.find((line) => line.check === check)} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell({ line }: { line: CheckLine | undefined }) {
  if (line === undefined) return <td />;
  return (
    <td className={`is-${line.verdict}`} title={line.says}>
      <span className="check-sign" aria-hidden="true">
        {signs[line.verdict]}
      </span>
      <span className="visually-hidden">{l(`verdict.${line.verdict}`)}</span>{' '}
      {line.figure === null || line.verdict === 'skipped' ? '' : figures(line.figure)}
    </td>
  );
}

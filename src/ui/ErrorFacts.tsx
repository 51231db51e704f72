/** An error in words: what is wrong and what to do, then what was got and what was wanted. */
import type { ErrorDetail } from '../spec/errors.ts';
import { t } from './text.ts';

export function ErrorFacts({ detail }: { detail: ErrorDetail }) {
  const { problem, remedy, got, wanted } = detail;
  return (
    <>
      <p>
        <strong>{problem}.</strong> {remedy === undefined ? '' : `${remedy}.`}
      </p>
      {got === undefined && wanted === undefined ? null : (
        <dl className="facts is-inline">
          <Fact name={t('error.got')} value={got} />
          <Fact name={t('error.wanted')} value={wanted} />
        </dl>
      )}
    </>
  );
}

function Fact({ name, value }: { name: string; value: string | undefined }) {
  if (value === undefined) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

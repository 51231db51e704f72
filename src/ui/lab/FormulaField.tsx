/** The text of a formula. What is wrong is underlined where it stands, by a copy that lies under the text. */
import { useEffect, useId, useState } from 'react';
import type { FormulaFault } from './formulas.ts';
import { l } from './words.ts';

interface Props {
  readonly text: string;
  readonly error: FormulaFault | null;
  onChange(text: string): void;
}

/** A mistake is spoken when no key was pressed for so long. */
const pause = 800;

export function FormulaField({ text, error, onChange }: Props) {
  const id = useId();
  const message = error === null ? '' : inWords(error);
  const spoken = useLate(message);
  return (
    <div className="formula-field">
      <label htmlFor={id}>{l('formula.text')}</label>
      <div className="formula-text">
        <pre aria-hidden="true">
          {error === null ? (
            text
          ) : (
            <>
              {text.slice(0, error.span.start)}
              <mark>{text.slice(error.span.start, error.span.end) || ' '}</mark>
              {text.slice(error.span.end)}
            </>
          )}
          {'\n'}
        </pre>
        <textarea
          id={id}
          value={text}
          rows={Math.max(3, text.split('\n').length)}
          maxLength={2000}
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          aria-invalid={error !== null}
          aria-describedby={`${id}-state`}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      </div>
      <p id={`${id}-state`} className={error === null ? 'hint' : 'hint is-warning'}>
        {error === null ? l('formula.good') : `${message} ${l('formula.lastGood')}`}
      </p>
      <p className="visually-hidden" role="status">
        {spoken}
      </p>
    </div>
  );
}

function inWords({ problem, remedy, position: { line, column } }: FormulaFault): string {
  return l('formula.error', { line, column, problem, remedy });
}

function useLate(message: string): string {
  const [late, setLate] = useState(message);
  useEffect(() => {
    const timer = setTimeout(() => setLate(message), pause);
    return () => clearTimeout(timer);
  }, [message]);
  return late;
}

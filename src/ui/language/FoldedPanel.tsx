/** A card of language that is folded until somebody opens it: what it holds asks the engine, and only then. */
import { type ReactNode, useState } from 'react';
import { type LanguageKey, w } from './words.ts';

export function FoldedPanel({
  id,
  title,
  children,
}: {
  id: string;
  title: LanguageKey;
  children: ReactNode;
}) {
  const [open, setOpen] = useState(false);
  return (
    <section className="card stage" aria-labelledby={id}>
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <h2 id={id}>{w(title)}</h2>
        </summary>
        {open ? children : null}
      </details>
    </section>
  );
}

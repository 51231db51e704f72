/** Every loss there is, by family, with a card for the one that is chosen. */
import { useEffect, useRef } from 'react';
import { useApp, useAppStore } from '../appContext.tsx';
import { Dialog } from '../Dialog.tsx';
import { catalogue, families, familyOf } from './families.ts';
import { LossCard } from './LossCard.tsx';
import { l } from './words.ts';

export function CatalogueDialog() {
  const store = useAppStore();
  const topic = useApp((state) => state.topic);
  const entry = catalogue.find(({ id }) => id === topic) ?? catalogue[0];
  const host = useRef<HTMLDivElement>(null);
  // A card is read from its beginning, and the list shows whose it is.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another loss is another card
  useEffect(() => {
    host.current?.querySelector('nav [aria-current]')?.scrollIntoView({ block: 'nearest' });
    host.current?.closest('dialog')?.scrollTo({ top: 0 });
  }, [entry?.id]);
  return (
    <Dialog title={l('catalogue.title', { n: catalogue.length })} broad>
      <div ref={host} className="catalogue">
        <nav aria-label={l('catalogue.list')}>
          {families.map((family) => {
            const own = catalogue.filter(({ id }) => familyOf(id) === family);
            return own.length === 0 ? null : (
              <section key={family} aria-labelledby={`family-${family}`}>
                <h3 id={`family-${family}`}>{l(`family.${family}`)}</h3>
                <ul>
                  {own.map(({ id, title }) => (
                    <li key={id}>
                      <button
                        type="button"
                        className="plain"
                        aria-current={id === entry?.id ? 'true' : undefined}
                        onClick={() => store.setState({ topic: id })}
                      >
                        {title}
                      </button>
                    </li>
                  ))}
                </ul>
              </section>
            );
          })}
        </nav>
        {entry === undefined ? null : <LossCard key={entry.id} entry={entry} />}
      </div>
    </Dialog>
  );
}

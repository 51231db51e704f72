/** Every loss there is, by family, with a card for the one that is chosen. */
import { useApp, useAppStore } from '../appContext.tsx';
import { Dialog } from '../Dialog.tsx';
import { catalogue, families, familyOf } from './families.ts';
import { LossCard } from './LossCard.tsx';
import { l } from './words.ts';

export function CatalogueDialog() {
  const store = useAppStore();
  const topic = useApp((state) => state.topic);
  const entry = catalogue.find(({ id }) => id === topic) ?? catalogue[0];
  return (
    <Dialog title={l('catalogue.title', { n: catalogue.length })} broad>
      <div className="catalogue">
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

/** What a card says of a loss beside its formula: what it needs, how T² stands to it, and its names and scales elsewhere. */
import { type Elsewhere, elsewhere } from '../../losses/elsewhere.ts';
import { ownT2, termLoss } from '../../spec/terms.ts';
import { figures } from '../text.ts';
import type { CatalogueEntry } from './families.ts';
import { l, maybeLab } from './words.ts';

export function Facts({ entry }: { entry: CatalogueEntry }) {
  const needs = entry.needs.map((need) => maybeLab(`need.${need}`) ?? need).join(', ');
  return (
    <dl className="facts">
      <div>
        <dt>{l('card.needs')}</dt>
        <dd>{needs}</dd>
      </div>
      <div>
        <dt>{l('card.t2')}</dt>
        <dd>{l(squareOf(entry.id))}</dd>
      </div>
      <div>
        <dt>{l('card.lowest')}</dt>
        <dd>{l(`card.lowest.${entry.lowest}`)}</dd>
      </div>
      <div>
        <dt>{l('card.weight')}</dt>
        <dd>{figures(entry.defaultWeight)}</dd>
      </div>
      <div>
        <dt>{l('card.source')}</dt>
        <dd>{entry.source}</dd>
      </div>
    </dl>
  );
}

function squareOf(id: string): 'card.t2.yes' | 'card.t2.no' | 'card.t2.within' {
  if (ownT2(id)) return 'card.t2.within';
  return termLoss(id)?.scaled === true ? 'card.t2.yes' : 'card.t2.no';
}

/** Names and scales in the toolkits, and remarks on papers and other code. */
export function Conventions({ entry }: { entry: CatalogueEntry }) {
  const { there, lacking } = elsewhere(entry.id);
  return (
    <>
      <table className="conventions is-toolkits">
        <caption>{l('card.toolkits')}</caption>
        {there.length === 0 ? null : (
          <thead>
            <tr>
              <th scope="col">{l('card.toolkit')}</th>
              <th scope="col">{l('card.named')}</th>
              <th scope="col">{l('card.scaled')}</th>
            </tr>
          </thead>
        )}
        <tbody>
          {there.map((one) => (
            <tr key={one.toolkit}>
              <th scope="row">{one.toolkit}</th>
              <td>
                <code>{one.name}</code>
              </td>
              <td>{scaleInWords(one)}</td>
            </tr>
          ))}
          {lacking.length === 0 ? null : (
            <tr>
              <td colSpan={3} className="quiet">
                {l('card.lacking', { toolkits: lacking.join(', ') })}
              </td>
            </tr>
          )}
        </tbody>
      </table>
      <table className="conventions">
        <caption>{l('card.conventions')}</caption>
        <tbody>
          {entry.conventions.map(({ who, differs }) => (
            <tr key={`${who}${differs}`}>
              <th scope="row">{who}</th>
              <td>{differs}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function scaleInWords({ timesT2, fixedTemperature, usualTemperature, reduction, note }: Elsewhere): string {
  return [
    ...(timesT2 === null ? [] : [l(timesT2 ? 'card.t2.times' : 'card.t2.without')]),
    ...(fixedTemperature === null ? [] : [l('card.fixed')]),
    ...(usualTemperature === null ? [] : [l('card.usual', { T: usualTemperature })]),
    reduction,
    ...(note === null ? [] : [note]),
  ].join('; ');
}

/**
 * One position of the text as every model sees it: what teacher and students expect next, at the view temperature, which is
 * dragged on the picture. Looking is not training; "train at this T" is.
 */
import type { TextPicture } from '../../protocol/texts.ts';
import type { Run } from '../../store/run.ts';
import { type Softened, type TokenScene, tokenScene } from '../../store/texts.ts';
import { useScene } from '../appContext.tsx';
import { useTemperatureDrag } from '../Hero.tsx';
import { armLook, armName, armsInOrder, text } from '../palette.ts';
import { figures, fixed, t } from '../text.ts';
import { useView } from '../useView.ts';
import { ViewTemperature } from '../ViewTemperature.tsx';
import { TokenMirror } from './TokenMirror.tsx';
import { tokenWord, w } from './words.ts';

/** Characters before the position that the title repeats, unless a token is longer. */
const context = 28;

export function TokenHero({ run }: { run: Run }) {
  const log = useScene(run);
  const { view } = useView();
  const dragging = useTemperatureDrag();
  const { facts } = run;
  const picture = log?.text?.picture;
  if (facts === null || picture === undefined) return null;
  const position = Math.min(view.sample, picture.labels.length - 1);
  const scene = tokenScene(picture, position, view.temperature);
  if (scene === null) return null;
  const order = armsInOrder(run.spec.arms);
  const entropy = picture.entropy?.[position];
  return (
    <section className="card hero" aria-labelledby="hero-title">
      <header className="hero-head">
        <div className="hero-words">
          <h2 id="hero-title">{titleOf(picture, position, facts.classNames)}</h2>
          <p className="hero-softness">
            {spreadOf(run, scene)} {w('token.comes', { token: tokenWord(facts.classNames, scene.label) })}{' '}
            {entropy === undefined
              ? ''
              : entropy < 5e-4
                ? w('token.certain')
                : w('token.entropy', { nats: figures(entropy) })}
          </p>
        </div>
        <ViewTemperature run={run} />
      </header>
      <div className="panels" {...dragging} title={t('hero.drag')}>
        {order.map((arm) => {
          const student = scene.arms[arm] ?? null;
          return (
            <figure key={armName(run.spec.arms, arm)} className="panel is-token">
              <figcaption className="panel-head">
                <span className="panel-name" style={{ color: text(armLook(run.spec.arms, arm)) }}>
                  {armName(run.spec.arms, arm)}
                </span>
                <Answer run={run} scene={scene} student={student} />
              </figcaption>
              <TokenMirror
                classNames={facts.classNames}
                scene={scene}
                student={student}
                top={topOf(scene)}
                look={armLook(run.spec.arms, arm)}
                name={armName(run.spec.arms, arm)}
              />
            </figure>
          );
        })}
      </div>
      <Legend withTeacher={scene.teacher !== null} />
    </section>
  );
}

function titleOf({ inputs }: TextPicture, position: number, classNames: readonly string[]): string {
  let [words, at] = ['', position];
  // The first token that is read only marks the beginning.
  for (; at > 0 && words.length < context; at--) words = (classNames[inputs[at] ?? 0] ?? '') + words;
  if (position === 0) return w('token.first');
  return w('token.title', { before: at > 0 ? `… ${words.trim()}` : words.trim() });
}

function spreadOf(run: Run, { teacher, arms }: TokenScene): string {
  const classes = run.facts?.classNames.length ?? 0;
  const spread = (one: Softened) => fixed(one.spread, 1);
  if (teacher !== null) return w('token.spread', { spread: spread(teacher), classes });
  const [first] = arms;
  if (first === undefined) return '';
  return w('token.spreadOfStudent', { name: armName(run.spec.arms, 0), spread: spread(first), classes });
}

function Answer({ run, scene, student }: { run: Run; scene: TokenScene; student: Softened | null }) {
  if (student === null) return null;
  const best = student.shown.indexOf(Math.max(...student.shown));
  const token = scene.tokens[best] ?? 0;
  const right = token === scene.label;
  return (
    <span className={right ? 'panel-answer is-right' : 'panel-answer is-wrong'}>
      {t('hero.says', { name: tokenWord(run.facts?.classNames, token) })}{' '}
      <span aria-hidden="true">{right ? '✓' : '✗'}</span>
      <span className="visually-hidden">{right ? t('hero.right') : t('hero.wrong')}</span>
    </span>
  );
}

function Legend({ withTeacher }: { withTeacher: boolean }) {
  return (
    <p className="hero-legend">
      {withTeacher ? (
        <span>
          <i className="swatch" style={{ background: 'var(--teacher)' }} />
          {w('token.legendTeacher')}
        </span>
      ) : null}
      <span>
        <i
          className="swatch"
          style={{ background: 'var(--distilled)', borderColor: 'var(--distilled-line)' }}
        />
        {w('token.legendStudent')}
      </span>
      <span>
        <i className="swatch is-label" />
        {w('token.legendTrue')}
      </span>
    </p>
  );
}

/** One scale for all panels; a rest of many tokens does not flatten what is told by name. */
function topOf({ teacher, arms }: TokenScene): number {
  const values = [teacher, ...arms].flatMap((one) => (one === null ? [] : one.shown));
  return Math.max(0.12, ...values) * 1.04;
}

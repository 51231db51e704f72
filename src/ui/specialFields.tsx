/** Settings that are no single number, word or list: labelled rows, left-out classes, arms, kind of student, seed. */
import { useId, useState } from 'react';
import { limits } from '../spec/limits.ts';
import type { ArmKind, RunSpec, StudentSpec } from '../spec/runSpec.ts';
import type { CardName } from '../store/controls.ts';
import { useApp, useController, useRun } from './appContext.tsx';
import { DieIcon } from './icons.tsx';
import { Slider } from './Slider.tsx';
import { maybe, t } from './text.ts';
import { AverageField, OnPolicyField, SeveralField } from './WaysOfTeaching.tsx';

/** Those of a card. */
export function SpecialFields({ name }: { name: CardName }) {
  switch (name) {
    case 'data':
      return (
        <>
          <LabelledField />
          <LeaveOutField />
        </>
      );
    case 'student':
      return <StudentKindField />;
    case 'loss':
      return <ArmsField />;
    case 'optimiser':
      return <SeedField />;
    case 'teacher':
      return (
        <>
          <AverageField />
          <SeveralField />
          <OnPolicyField />
        </>
      );
  }
}

function LabelledField() {
  const { labelled, transfer } = useApp((state) => state.draft.data);
  const controller = useController();
  const all = labelled === 'all';
  return (
    <div className="labelled" data-control="data.labelled">
      <label className="check">
        <input
          type="checkbox"
          checked={all}
          onChange={() => controller.edit('data.labelled', all ? Math.min(100, transfer) : 'all')}
        />
        <span>{t('data.labelAll')}</span>
      </label>
      {all ? null : (
        <Slider
          label={t('label.data.labelled')}
          value={labelled}
          min={10}
          max={Math.max(20, transfer)}
          hard={{ min: 0, max: transfer }}
          scale="log"
          whole
          onChange={(value) => controller.edit('data.labelled', value)}
        />
      )}
    </div>
  );
}

function LeaveOutField() {
  const { data } = useApp((state) => state.draft);
  const controller = useController();
  const run = useRun();
  const names = run?.facts?.classNames ?? [];
  // A student needs at least two classes to tell apart.
  const most = names.length - 2;
  if (most < 1 || names.length > 20) return null;
  const toggle = (label: number) => {
    const without = data.leaveOut.filter((one) => one !== label);
    const next =
      without.length < data.leaveOut.length ? without : [...data.leaveOut, label].sort((a, b) => a - b);
    controller.edit('data.leaveOut', next);
  };
  return (
    <fieldset className="chips" data-control="data.leaveOut">
      <legend>{t('label.data.leaveOut')}</legend>
      {names.map((name, label) => (
        <label key={name} className="chip">
          <input
            type="checkbox"
            className="visually-hidden"
            checked={data.leaveOut.includes(label)}
            disabled={data.leaveOut.length >= most && !data.leaveOut.includes(label)}
            onChange={() => toggle(label)}
          />
          <span>{name}</span>
        </label>
      ))}
    </fieldset>
  );
}

const armKinds: readonly ArmKind[] = ['labels', 'smoothed', 'hard', 'distilled'];

function ArmsField() {
  const { arms } = useApp((state) => state.draft);
  const controller = useController();
  // Arms with a loss of their own are the loss editor's.
  const plain = arms.filter((arm) => arm.objective === undefined);
  const toggle = (kind: ArmKind) => {
    const has = plain.some((arm) => arm.kind === kind);
    const next = armKinds.flatMap((one): RunSpec['arms'] => {
      const known = plain.filter((arm) => arm.kind === one);
      if (one !== kind) return known;
      return has ? [] : [{ kind, ...(kind === 'smoothed' ? { smoothing: 0.1 } : {}) }];
    });
    const all = [...next, ...arms.filter((arm) => arm.objective !== undefined)];
    if (all.length >= 1 && all.length <= limits.arms.max) controller.edit('arms', all);
  };
  return (
    <fieldset className="chips" data-control="arms">
      <legend>{t('label.arms')}</legend>
      {armKinds.map((kind) => (
        <label key={kind} className="chip">
          <input
            type="checkbox"
            className="visually-hidden"
            checked={plain.some((arm) => arm.kind === kind)}
            disabled={arms.length === 1 && arms[0]?.kind === kind}
            onChange={() => toggle(kind)}
          />
          <span>{t(`arm.${kind}`)}</span>
        </label>
      ))}
    </fieldset>
  );
}

const fresh: Record<StudentSpec['kind'], StudentSpec> = {
  mlp: { kind: 'mlp', hidden: [256, 256], activation: 'relu', norm: 'none', dropout: 0 },
  cnn: {
    kind: 'cnn',
    channels: [16, 32],
    pool: 'max',
    norm: 'none',
    hidden: 64,
    activation: 'relu',
    dropout: 0,
  },
  transformer: {
    kind: 'transformer',
    layers: 2,
    width: 64,
    heads: 4,
    kvHeads: 4,
    norm: 'rms',
    positions: 'rotary',
    mlp: 'swiglu',
    tied: true,
    dropout: 0,
  },
  causal_conv: {
    kind: 'causal_conv',
    layers: 4,
    width: 64,
    kernel: 4,
    activation: 'gelu',
    tied: true,
    dropout: 0,
  },
};

/** Those that read text, and those that read anything else. */
const kindsOf: Readonly<Record<'text' | 'numbers', readonly StudentSpec['kind'][]>> = {
  text: ['transformer', 'causal_conv'],
  numbers: ['mlp', 'cnn'],
};

function StudentKindField() {
  const id = useId();
  const { student, data } = useApp((state) => state.draft);
  const controller = useController();
  if (data.task === 'planes') return null;
  const fitting = kindsOf[data.task === 'stories' || data.task === 'text' ? 'text' : 'numbers'];
  // One that does not fit is shown as it is, to be changed.
  const kinds = fitting.includes(student.kind) ? fitting : [student.kind, ...fitting];
  return (
    <div className="field" data-control="student.kind">
      <label htmlFor={id}>{t('label.student.kind')}</label>
      <select
        id={id}
        value={student.kind}
        onChange={(event) => {
          const kind = kinds.find((one) => one === event.currentTarget.value);
          if (kind !== undefined && kind !== student.kind) controller.edit('student', fresh[kind]);
        }}
      >
        {kinds.map((kind) => (
          <option key={kind} value={kind}>
            {maybe(`option.${kind}`) ?? kind}
          </option>
        ))}
      </select>
    </div>
  );
}

/** The seed re-draws initial weights, order, labelled subset and noise. */
function SeedField() {
  const id = useId();
  const seed = useApp((state) => state.draft.seed);
  const controller = useController();
  const [typed, setTyped] = useState<string | null>(null);
  const takes = (text: string) => /^\d+$/.test(text) && Number(text) <= 0xffff_ffff;
  const set = (text: string) => {
    setTyped(text);
    if (takes(text)) controller.edit('seed', Number(text));
  };
  return (
    <div className="field" data-control="seed">
      <label htmlFor={id}>{t('label.seed')}</label>
      <span className="row">
        <input
          id={id}
          type="number"
          min={0}
          max={0xffff_ffff}
          value={typed ?? seed}
          aria-invalid={typed !== null && !takes(typed)}
          onChange={(event) => set(event.currentTarget.value)}
          onBlur={() => setTyped(null)}
        />
        <button
          type="button"
          className="plain icon-only"
          aria-label={t('seed.roll')}
          title={t('seed.roll')}
          onClick={() =>
            controller.edit('seed', (seed + 1 + Math.floor(Math.random() * 9_999)) % limits.steps.max)
          }
        >
          <DieIcon />
        </button>
      </span>
    </div>
  );
}

// The figures of a training run as a page: the same run writes the same page.
import { featureNames } from '../../src/threats/risk/features.ts'
import type { ModelText } from '../../src/threats/risk/model.ts'
import type { TrainingOptions } from './boosting.ts'
import type { Evaluation } from './evaluate.ts'
import { attackKinds, attackers, people } from './parameters.ts'

export interface Run {
  readonly seed: number
  readonly persons: number
  readonly heldOutPersons: number
  readonly options: TrainingOptions
}

const percent = (value: number): string => (Number.isNaN(value) ? '–' : `${(value * 100).toFixed(2)} %`)
const row = (...cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`
const table = (head: readonly string[], rows: readonly string[]): string =>
  [row(...head), row(...head.map(() => '---')), ...rows].join('\n')

export function reportPage(run: Run, evaluation: Evaluation, model: ModelText): string {
  return [
    '# The risk model, measured',
    [
      'Written by `npm run train`; the same seed writes the same model and the same page. The people and attackers are simulated:',
      'the figures say how well the model tells these apart, not how your visitors behave. Run it in `shadow` first and compare.',
    ].join('\n'),
    `Trained on ${run.persons} people (seed ${run.seed}), measured on ${run.heldOutPersons} others (seed ${run.seed + 1}): ` +
      `${evaluation.samples} sign-ins and attempts, ${evaluation.attacks} of them attacks. ${model.trees.length} trees of depth 3, learning rate ` +
      `${run.options.learningRate}, least weight ${run.options.leastWeight}, regularisation ${run.options.regularisation}.`,
    '## Precision and recall',
    confusions(evaluation),
    '## Confusion',
    confusionCounts(evaluation),
    '## Recall by kind of attack',
    byKind(evaluation),
    '## Calibration',
    'What scores say, and how many of those sign-ins were attacks, where one attempt of ten is one.',
    calibration(evaluation),
    '## What it was made from',
    `Features: ${Object.values(featureNames).join(', ')}.`,
    parameters('People', people),
    parameters('Attackers', attackers),
    parameters('Kinds of attack', attackKinds),
    '',
  ].join('\n\n')
}

function confusions({ confusions: all }: Evaluation): string {
  const rows = all.map(({ above, recall, precision, falsePositiveRate }) =>
    row(`> ${above}`, percent(recall), percent(precision), percent(falsePositiveRate)),
  )
  return table(['score', 'recall', 'precision', 'owners bothered (false-positive rate)'], rows)
}

function confusionCounts({ confusions: all }: Evaluation): string {
  const rows = all.map((one) =>
    row(`> ${one.above}`, one.attacksFound, one.attacksMissed, one.ownersBothered, one.ownersLeftAlone),
  )
  return table(['score', 'attacks found', 'attacks missed', 'owners bothered', 'owners left alone'], rows)
}

function byKind({ recallByKind, confusions: all }: Evaluation): string {
  const rows = recallByKind.map(({ kind, attacks, recalls }) => row(kind, attacks, ...recalls.map(percent)))
  return table(['attack', 'attempts', ...all.map(({ above }) => `> ${above}`)], rows)
}

function calibration({ calibration: steps }: Evaluation): string {
  const bar = (share: number): string => '█'.repeat(Math.round((Number.isNaN(share) ? 0 : share) * 20))
  const rows = steps.map(({ from, to, samples, meanScore, attackShare }) =>
    row(
      `${from} – ${to}`,
      samples,
      Number.isNaN(meanScore) ? '–' : meanScore.toFixed(1),
      percent(attackShare),
      bar(attackShare),
    ),
  )
  return table(['score', 'sign-ins', 'mean score', 'were attacks', ''], rows)
}

function parameters(name: string, all: object): string {
  const rows = Object.entries(all).map(([key, value]: [string, unknown]) => row(key, [value].flat().join(' – ')))
  return table([name, ''], rows)
}

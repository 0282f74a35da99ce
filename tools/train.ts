// Makes the risk model from simulated people and attackers, measures it on others, and writes both down. Reproducible:
// the same seed gives the same files, byte for byte.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type ModelText, parseModel, scoreOf } from '../src/threats/risk/model.ts'
import { inProject } from './dev/project.ts'
import { train } from './train/boosting.ts'
import { type Sample, samplesOf } from './train/dataset.ts'
import { evaluate } from './train/evaluate.ts'
import { type Run, reportPage } from './train/report.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    persons: { type: 'string', default: '1200' },
    dry: { type: 'boolean' },
  },
})

const run: Run = {
  seed: Number(values.seed),
  persons: Number(values.persons),
  heldOutPersons: Number(values.persons),
  options: { trees: 60, learningRate: 0.2, leastWeight: 5, regularisation: 2 },
}

/** Half of the samples warm up the machine; the median of many looks at the rest. */
function scoreMicroseconds(text: ModelText, samples: readonly Sample[]): number {
  const model = parseModel(text)
  const looks = Array.from({ length: 200 }, (_, look) => {
    const own = samples.slice((look * 100) % samples.length).slice(0, 100)
    const before = performance.now()
    for (const { features } of own) scoreOf(model, features)
    return ((performance.now() - before) * 1000) / Math.max(1, own.length)
  })
  return looks.slice(100).toSorted((a, b) => a - b)[50] ?? Number.NaN
}

function modelFile(model: ModelText): string {
  const trees = model.trees.map((tree) => `    '${tree}',`).join('\n')
  return `// Written by \`npm run train\` from seed ${run.seed}; how good it is stands in docs/risk-model.md. Not to be edited.
import type { ModelText } from './model.ts'

export const trainedModel: ModelText = {
  bias: ${model.bias},
  trees: [
${trees}
  ],
}
`
}

const model = train(samplesOf(run.seed, run.persons), run.options)
const heldOut = samplesOf(run.seed + 1, run.heldOutPersons)
const evaluation = evaluate(parseModel(model), heldOut, [50, 80])
for (const { above, recall, precision, falsePositiveRate } of evaluation.confusions)
  console.log(
    `score > ${above}: recall ${recall.toFixed(4)}, precision ${precision.toFixed(4)}, false-positive rate ${falsePositiveRate.toFixed(4)}`,
  )
console.log(`a score takes ${scoreMicroseconds(model, heldOut).toFixed(1)} µs`)
if (values.dry !== true) {
  writeFileSync(inProject('src', 'threats', 'risk', 'trained-model.ts'), modelFile(model))
  writeFileSync(inProject('docs', 'risk-model.md'), reportPage(run, evaluation, model))
  console.log('wrote src/threats/risk/trained-model.ts and docs/risk-model.md')
}

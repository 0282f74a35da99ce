// Hashing by another Worker, reached by a service binding: a process of its own where objects share the gateway's. Both
// ends of the one question there is.
import { z } from 'zod'
import { type HashAnswer, type HashPlace, standings } from './hash-job.ts'

const password = z.string()
const question = z.strictObject({
  owner: z.string(),
  /** Left out by a gateway of a version before. */
  standing: z.enum(standings).default('stranger'),
  job: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('hash'), password }),
    z.strictObject({ kind: z.literal('verify'), password, stored: z.string() }),
    z.strictObject({ kind: z.literal('verify-nothing'), password }),
  ]),
})

const answer: z.ZodType<HashAnswer> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('hashed'), hash: z.string() }),
  z.object({ kind: z.literal('compared'), isRight: z.boolean(), needsRehash: z.boolean() }),
  z.object({ kind: z.literal('busy') }),
])

/** The host is of no meaning: the binding says who is asked. */
const address = 'https://hash.invalid/'

export function boundPlace(service: { fetch(request: Request): Promise<Response> }): HashPlace {
  return {
    async run({ network, standing }, job) {
      const body = JSON.stringify({ owner: network, standing, job })
      const response = await service.fetch(new Request(address, { method: 'POST', body }))
      if (!response.ok) throw new Error(`the hashing service answered ${response.status}`)
      return answer.parse(await response.json())
    },
  }
}

/** Reachable by a binding that names the entrypoint, and by nothing else: no route leads here. */
export async function answerHashing(request: Request, placeOf: (owner: string) => HashPlace): Promise<Response> {
  if (request.method !== 'POST') return new Response(null, { status: 405, headers: { allow: 'POST' } })
  const read = question.safeParse(await request.json().catch(() => null))
  if (!read.success) return new Response(null, { status: 400 })
  const { owner, standing, job } = read.data
  return Response.json(await placeOf(owner).run({ network: owner, standing }, job))
}

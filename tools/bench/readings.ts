// What a server makes of some requests with bearer tokens, at a rate far from saturation.
import { openLoop } from './load.ts'
import { cpuNs } from './process-cost.ts'
import { browserRequest } from './request.ts'

export type Server = { name: string; pid: number; port: number }
export type Reading = { cpuUs: number | null; latencies: readonly number[] }

/** So that a request costs what it costs. */
export const perSecond = 500

const asking = (port: number, tokens: readonly string[]): Buffer[] =>
  tokens.map((token) => browserRequest('/app/page', port, '', [`authorization: Bearer ${token}`]))

/** Each request once. */
export const read = async ({ pid, port }: Server, tokens: readonly string[]): Promise<Reading> => {
  const before = cpuNs(pid)
  const latencies = await openLoop({ port, requests: asking(port, tokens) }, perSecond, tokens.length / perSecond)
  const after = cpuNs(pid)
  const cpuUs = before === null || after === null ? null : (after - before) / latencies.length / 1000
  return { cpuUs, latencies }
}
